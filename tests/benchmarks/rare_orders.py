"""Few large orders: ``python -m tests.benchmarks.rare_orders --out data/rare``.

Complete Journey is of households that shop every week. This makes of it a shop whose customers come
rarely and buy much at a time, as gift shops have them: a household's weeks are dealt to several
customers, of each week so dealt a part is kept, and what was bought in a kept week is one order, on
its first day. An article is a product type, so that there are some two thousand, or an article.

With part of the articles of an order, and of what a customer bought before, it comes nearer to
fashion: ``--customers 4 --share 0.5 --grain article_id --articles 0.35 --repeats 0.2``. With
``--customers 1 --share 1 --grain article_id --repeats 0`` nothing is ever bought again.
"""

import argparse
import sys
from pathlib import Path

import duckdb

GRAINS = ("product_type_name", "article_id")

# A draw from 0 to 999,999: for each household and week which of its customers it is dealt to, and
# whether it is kept; for each of a customer's articles whether it is; for each time it was bought
# again whether that is.
_DRAWS = {
    "dealt": "household, week",
    "kept": "household, week",
    "article": "customer_id, article_id",
    "again": "customer_id, article_id, t_dat",
}
_DRAW = "md5_number_lower(concat_ws(' ', '{name}', {draw}, {of})) % 1000000"

_TABLES = {
    "transactions_train": """
        with purchases as (
            select *, customer_id as household, date_trunc('week', t_dat) as week
            from read_parquet('{data}/transactions_train.parquet')
        ),

        sold as (
            select {grain} as sold_as, arg_max(article_id, (n, article_id)) as article_id
            from (select article_id, count(*) as n from purchases group by article_id)
            inner join read_parquet('{data}/articles.parquet') using (article_id)
            group by sold_as
        ),

        orders as (
            select
                min(t_dat) over (partition by household, week) as t_dat,
                household || '-' || ({dealt}) % {customers} as customer_id,
                sold.article_id,
                price,
                sales_channel_id
            from purchases
            inner join read_parquet('{data}/articles.parquet') as articles using (article_id)
            inner join sold on sold.sold_as = articles.{grain}
            where {kept} < {share} * 1000000
        )

        select * from orders
        where {article} < {articles} * 1000000
        qualify
            t_dat = min(t_dat) over (partition by customer_id, article_id)
            or {again} < {repeats} * 1000000
        order by all
    """,
    "articles": """
        select * from read_parquet('{data}/articles.parquet')
        where article_id in (
            select article_id from read_parquet('{out}/transactions_train.parquet')
        )
        order by article_id
    """,
    "customers": """
        select households.* replace (customer_id || '-' || dealt.customer as customer_id)
        from read_parquet('{data}/customers.parquet') as households
        cross join range({customers}) as dealt(customer)
        where households.customer_id || '-' || dealt.customer in (
            select customer_id from read_parquet('{out}/transactions_train.parquet')
        )
        order by customer_id
    """,
}


def make(
    data: Path,
    out: Path,
    *,
    grain: str,
    customers: int,
    share: float,
    articles: float,
    repeats: float,
    draw: int,
) -> str:
    """Write the three tables, and say how many rows they have.

    Parameters
    ----------
    data
        Folder of the parquet files of Complete Journey (``make real``).
    out
        Folder for the same three files.
    grain
        Column of articles whose values become articles, each under its best-selling article's id.
    customers
        How many customers a household's weeks are dealt to.
    share, articles, repeats
        What is kept, up to 1: of these weeks and of each customer's articles (above 0), and of the
        days on which a customer bought an article again.
    draw
        Another number draws others.

    Raises
    ------
    ValueError
        If a number is out of its range, or `out` is `data`.
    """
    if customers < 1:
        raise ValueError(f"--customers is {customers}; it must be at least 1.")
    for name, value in (("share", share), ("articles", articles)):
        if not 0 < value <= 1:
            raise ValueError(f"--{name} is {value}; it must be above 0 and at most 1.")
    if not 0 <= repeats <= 1:
        raise ValueError(f"--repeats is {repeats}; it must be from 0 to 1.")
    if out.resolve() == data.resolve():
        raise ValueError(
            f"--out is --data, {data}, whose files would be lost; name another folder."
        )
    out.mkdir(parents=True, exist_ok=True)
    draws = {name: _DRAW.format(name=name, draw=draw, of=of) for name, of in _DRAWS.items()}
    counts = []
    with duckdb.connect() as connection:
        for name, query in _TABLES.items():
            connection.sql(
                query.format(
                    data=str(data).replace("'", "''"),
                    out=str(out).replace("'", "''"),
                    grain=grain,
                    customers=customers,
                    share=share,
                    articles=articles,
                    repeats=repeats,
                    **draws,
                )
            ).write_parquet(str(out / f"{name}.parquet"))
            rows = connection.read_parquet(str(out / f"{name}.parquet"))
            counts.append(f"{len(rows):,} {name}")
    return ", ".join(counts)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status (0 done, 2 wrong use, 3 failed)."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.rare_orders",
        description="Make a shop of few, large orders from Complete Journey.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--data", type=Path, default=Path("data/real"), help="folder of parquet files"
    )
    parser.add_argument("--out", type=Path, default=Path("data/rare"), help="folder for the files")
    parser.add_argument("--grain", choices=GRAINS, default=GRAINS[0], help="what an article is")
    parser.add_argument("--customers", type=int, default=2, help="customers made of a household")
    parser.add_argument("--share", type=float, default=0.2, help="share of the weeks that is kept")
    parser.add_argument("--articles", type=float, default=1.0, help="share of articles kept")
    parser.add_argument("--repeats", type=float, default=1.0, help="share of repeats kept")
    parser.add_argument("--draw", type=int, default=0, help="another number draws others")
    options = parser.parse_args(arguments)
    try:
        print(make(**vars(options)))
    except ValueError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    except (duckdb.Error, OSError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
