"""Few large orders: ``python -m tests.benchmarks.rare_orders --out data/rare``.

Complete Journey is of households that shop every week. This makes of it a shop whose customers come
rarely and buy much at a time, as gift shops have them: a household's weeks are dealt to several
customers, of each week so dealt a part is kept, and what was bought in a kept week is one order, on
its first day. An article is a product type, so that there are some two thousand, or an article.
"""

import argparse
import sys
from pathlib import Path

import duckdb

GRAINS = ("product_type_name", "article_id")

# A draw from 0 to 999,999 for each household and week; another one deals the week to a customer.
_DRAW = "md5_number_lower(concat_ws(' ', '{what}', {draw}, customer_id, week)) % 1000000"

_TABLES = {
    "transactions_train": """
        select
            min(t_dat) over (partition by week, customer_id) as t_dat,
            customer_id || '-' || ({dealt}) % {customers} as customer_id,
            sold.article_id,
            price,
            sales_channel_id
        from (
            select *, date_trunc('week', t_dat) as week
            from read_parquet('{data}/transactions_train.parquet')
        ) as purchases
        inner join read_parquet('{data}/articles.parquet') as articles using (article_id)
        inner join (
            select {grain} as sold_as, arg_max(article_id, (n, article_id)) as article_id
            from (
                select article_id, count(*) as n
                from read_parquet('{data}/transactions_train.parquet')
                group by article_id
            )
            inner join read_parquet('{data}/articles.parquet') using (article_id)
            group by sold_as
        ) as sold on sold.sold_as = articles.{grain}
        where {kept} < {share} * 1000000
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


def make(data: Path, out: Path, grain: str, customers: int, share: float, draw: int) -> str:
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
    share
        Share of these weeks that is kept, above 0 and up to 1.
    draw
        Another number draws other weeks.
    """
    out.mkdir(parents=True, exist_ok=True)
    counts = []
    with duckdb.connect() as connection:
        for name, query in _TABLES.items():
            connection.sql(
                query.format(
                    data=data,
                    out=out,
                    grain=grain,
                    customers=customers,
                    share=share,
                    kept=_DRAW.format(what="kept", draw=draw),
                    dealt=_DRAW.format(what="dealt", draw=draw),
                )
            ).write_parquet(str(out / f"{name}.parquet"))
            rows = connection.read_parquet(str(out / f"{name}.parquet"))
            counts.append(f"{len(rows):,} {name}")
    return ", ".join(counts)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status (0 done, 3 failed)."""
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
    parser.add_argument("--draw", type=int, default=0, help="another number draws other weeks")
    options = parser.parse_args(arguments)
    try:
        print(
            make(
                options.data,
                options.out,
                options.grain,
                options.customers,
                options.share,
                options.draw,
            )
        )
    except (duckdb.Error, OSError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
