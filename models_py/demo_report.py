"""Compare a data set in the competition's form with the published figures of the real one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from models_py import database
from models_py.data_files import ENDINGS
from models_py.demo_catalogue import REAL_ARTICLES, REAL_CUSTOMERS
from models_py.demo_targets import TARGETS, Figure

LATE_WEEKS = 3

_LOAD = """
create table articles as
select row_number() over () as article_no, * from {articles};
create table customers as
select row_number() over () as customer_no, * from {customers};
create table sales as
select
    date '2020-09-22' - t.t_dat::date as days_before,
    c.customer_no::int as customer_no,
    a.article_no::int as article_no,
    t.price::float as price,
    t.sales_channel_id::tinyint as channel
from {transactions_train} as t
join customers as c on t.customer_id = c.customer_id
join articles as a on t.article_id = a.article_id;
create table late as
select s.*, s.days_before // 7 as week
from sales as s
where s.days_before < {late_days} + 61;
"""

_WHOLE = """
with per_customer as (select customer_no, count(*) as n from sales group by all),
per_day as (select customer_no, days_before, count(*) as n from sales group by all),
per_line as (
    select customer_no, days_before, article_no, price, channel, count(*) as n
    from sales
    group by all
),
per_article as (select article_no, count(*) as n from sales group by all),
facts as (
    select count(*) as n, 100.0 * avg((channel = 2)::int) as channel_2,
        quantile_disc(price, 0.1) as price_p10, quantile_disc(price, 0.5) as price_p50,
        quantile_disc(price, 0.9) as price_p90,
        count(distinct article_no) as n_sold,
        count(distinct article_no) filter (days_before < 91) as n_quarter
    from sales
)
select
    avg(n) as rows_mean, stddev(n) as rows_sd, quantile_disc(n, 0.25) as rows_q1,
    quantile_disc(n, 0.5) as rows_median, quantile_disc(n, 0.75) as rows_q3,
    100 - 100.0 * count(*) / (select count(*) from customers) as never_bought,
    100 - 100.0 * (select count(*) from per_line) / any_value(f.n_rows) as repeated_rows,
    (select avg(n) from per_day) as basket_mean,
    (select quantile_disc(n, 0.5) from per_day) as basket_median,
    (select quantile_disc(n, 0.9) from per_day) as basket_p90,
    (select quantile_disc(n, 0.99) from per_day) as basket_p99,
    (select quantile_disc(n, 0.25) from per_article) as article_q1,
    (select quantile_disc(n, 0.5) from per_article) as article_median,
    (select quantile_disc(n, 0.75) from per_article) as article_q3,
    any_value(f.channel_2) as channel_2, any_value(f.price_p10) as price_p10,
    any_value(f.price_p50) as price_p50, any_value(f.price_p90) as price_p90,
    100 - 100.0 * any_value(f.n_sold) / (select count(*) from articles) as unsold,
    100.0 * any_value(f.n_quarter) / (select count(*) from articles) as quarter_sold
from per_customer
cross join (select n as n_rows, * exclude (n) from facts) as f
"""

_DAYS = """
with days as (
    select days_before, date '2020-09-22' - days_before::int as day, count(*)::double as n
    from sales
    group by all
    having year(day) = 2019
),
mean as (select avg(n) as n from days)
select
    avg(n) filter (month(day) = 6) / (select n from mean) as june,
    avg(n) filter (month(day) = 7) / (select n from mean) as july,
    avg(n) filter (month(day) = 12) / (select n from mean) as december,
    avg(n) filter (dayofweek(day) = 6) / (select n from mean) as saturday,
    avg(n) filter (dayofweek(day) = 0) / (select n from mean) as sunday,
    max(n) / (select n from mean) as best_day
from days
"""

_WEEK_CUSTOMERS = """
with weeks as (select * from late where week < {late_weeks}),
lines as (
    select w.week, w.customer_no, w.article_no, w.days_before, w.price, w.channel, count(*) as n
    from weeks as w
    group by all
),
bought as (select distinct week, customer_no, article_no from weeks),
products as (
    select b.week, b.customer_no, count(*) as n_articles,
        count(distinct a.product_code) as n_products,
        count(distinct a.index_group_no) as n_groups
    from bought as b
    join articles as a using (article_no)
    group by all
),
repeated as (
    select week, customer_no, max(n) > 1 as is_repeated, count(distinct days_before) as n_days
    from lines
    group by all
),
prior as (
    select r.week, r.customer_no, min(s.days_before) - r.week * 7 - 6 as days_since
    from repeated as r
    join sales as s on r.customer_no = s.customer_no and s.days_before > r.week * 7 + 6
    group by r.week, r.customer_no
)
select
    100.0 * count(*) / {late_weeks} / (select count(*) from customers) as week_customers,
    avg(p.n_articles) as week_articles_mean,
    quantile_disc(p.n_articles, 0.95) as week_articles_p95,
    100.0 * avg((r.n_days > 1)::int) as week_two_days,
    100.0 * avg(r.is_repeated::int) as week_repeated,
    100.0 * avg((p.n_products < p.n_articles)::int) as week_variants,
    100.0 * avg((p.n_groups = 1)::int) filter (p.n_articles > 1) as week_one_group,
    100.0 * avg(coalesce(q.days_since <= 7, false)::int) as prior_7,
    100.0 * avg(coalesce(q.days_since between 8 and 30, false)::int) as prior_30,
    100.0 * avg(coalesce(q.days_since between 31 and 90, false)::int) as prior_90,
    100.0 * avg(coalesce(q.days_since > 90, false)::int) as prior_longer,
    100.0 * avg((q.days_since is null)::int) as prior_never
from products as p
join repeated as r using (week, customer_no)
left join prior as q using (week, customer_no)
"""

# Ranks of best sellers shrink with the catalogue: of a third of the articles, a third of the rank.
_WEEK_ARTICLES = """
with counts as (
    select week, article_no, count(*) as n
    from late
    where week < {late_weeks} + 1
    group by all
),
ranked as (
    select *, row_number() over (partition by week order by n desc, article_no) as place
    from counts
),
before as (
    select distinct l.article_no, w.week
    from late as l, unnest(range({late_weeks})) as w(week)
    where l.days_before between w.week * 7 + 7 and w.week * 7 + 36
),
pieces as (
    select r.week, r.article_no, r.n, r.place, t.place as trailing_place,
        b.article_no is null as is_new
    from ranked as r
    left join ranked as t on r.article_no = t.article_no and t.week = r.week + 1
    left join before as b on r.article_no = b.article_no and b.week = r.week
    where r.week < {late_weeks}
)
select
    100.0 * sum(n) filter (place <= 100 * {scale}) / sum(n) as top_100,
    100.0 * sum(n) filter (place <= 1000 * {scale}) / sum(n) as top_1000,
    100.0 * sum(n) filter (place <= 5000 * {scale}) / sum(n) as top_5000,
    100.0 * sum(n) filter (place = 1) / sum(n) as week_best,
    100.0 * sum(n) filter (trailing_place <= 20000 * {scale}) / sum(n) as trailing,
    100.0 * sum(n) filter (is_new) / sum(n) as launched,
    100.0 * count(*) / {late_weeks} / (select count(*) from articles) as week_sold
from pieces
"""

_REBOUGHT = """
with bought as (select distinct week, customer_no, article_no from late where week < {late_weeks})
select 100.0 * avg((exists (
    select 1 from sales as s
    where s.customer_no = b.customer_no and s.article_no = b.article_no
        and s.days_before > b.week * 7 + 6
))::int) as rebought
from bought as b
"""

_CUSTOMERS = """
select
    avg(age::double) as age_mean, quantile_disc(age::double, 0.5) as age_median,
    100.0 * avg((age::double between 20 and 24)::int) as age_20,
    100.0 * avg((age::double between 35 and 39)::int) as age_35,
    100.0 * (select max(p.n) from (select count(*) as n from customers group by postal_code) as p)
        / count(*) as one_postcode,
    100.0 * count(*) filter (club_member_status = 'ACTIVE') / count(*) as active_club,
    100.0 * count(*) filter (FN is null) / count(*) as fn_missing,
    100.0 * count(*) filter (fashion_news_frequency = 'Regularly') / count(*) as regularly
from customers
"""

_SHARES: Mapping[str, tuple[str, str]] = {
    "ladies": ("index_group_name", "Ladieswear"), "divided": ("index_group_name", "Divided"),
    "men": ("index_group_name", "Menswear"), "baby": ("index_group_name", "Baby/Children"),
    "sport": ("index_group_name", "Sport"), "trousers": ("product_type_name", "Trousers"),
    "sweater": ("product_type_name", "Sweater"), "dress": ("product_type_name", "Dress"),
    "black": ("colour_group_name", "Black"), "beige": ("colour_group_name", "Beige"),
    "solid": ("graphical_appearance_name", "Solid"),
    "jersey": ("garment_group_name", "Jersey Basic"),
    "knitwear": ("garment_group_name", "Knitwear"),
}  # fmt: skip


# Columns that are looked at.
_COLUMNS = {
    "articles": {column for column, _ in _SHARES.values()}
    | {"article_id", "product_code", "index_group_no"},
    "customers": {"customer_id", "age", "postal_code", "FN"}
    | {"club_member_status", "fashion_news_frequency"},
    "transactions_train": {"t_dat", "customer_id", "article_id", "price", "sales_channel_id"},
}


def source(folder: Path, table: str) -> str:
    """Name the reader of the file of a table: CSV, packed or not, with ids as text, or parquet."""
    for ending in ENDINGS:
        path = folder / f"{table}{ending}"
        if path.exists():
            name = path.as_posix().replace("'", "''")
            if ending == ".parquet":
                return f"read_parquet('{name}')"
            return f"read_csv('{name}', header = true, all_varchar = true, quote = '\"')"
    raise ValueError(
        f"{folder} holds no {table} ({', '.join(ENDINGS)}): "
        f"write one with python -m models_py.demo_data --out {folder}."
    )


def report(folder: Path, memory_limit: str = "6GB") -> list[Figure]:
    """Measure the data set in `folder`: one `Figure` for each of `TARGETS`, in their order.

    Weekly figures are those of the last three weeks together. Raises ValueError when a file is
    missing or lacks a column, or no purchase is of the articles and customers.
    """
    sources = {t: source(folder, t) for t in ("articles", "customers", "transactions_train")}
    con = database.connect()
    try:
        con.execute("set memory_limit = ?", [memory_limit])
        con.execute("set enable_progress_bar = false")
        for table, columns in _COLUMNS.items():
            lacking = sorted(columns - set(con.sql(f"from {sources[table]}").columns))
            if lacking:
                raise ValueError(f"{folder}: {table} lacks the column {', '.join(lacking)}.")
        con.execute(_LOAD.format(late_days=LATE_WEEKS * 7, **sources))
        if con.execute("select count(*) from sales").fetchall() == [(0,)]:
            raise ValueError(
                f"{folder}: transactions_train holds no purchase of its articles and customers: "
                f"write one with python -m models_py.demo_data --out {folder}."
            )
        n_articles, n_products = con.execute(
            "select count(*), count(distinct product_code) from articles"
        ).fetchall()[0]
        found: dict[str, float] = {"variants": n_articles / n_products}
        for query in (_WHOLE, _DAYS, _WEEK_CUSTOMERS, _WEEK_ARTICLES, _REBOUGHT, _CUSTOMERS):
            cursor = con.execute(
                query.format(late_weeks=LATE_WEEKS, scale=round(n_articles / REAL_ARTICLES, 6))
            )
            names = [column[0] for column in cursor.description or []]
            row = cursor.fetchall()[0]
            found.update((n, float(v or 0)) for n, v in zip(names, row, strict=True))
        for key, (column, value) in _SHARES.items():
            shares = con.execute(
                f"""
                select
                    (select 100.0 * avg(({column} = $value)::int) from articles),
                    (select 100.0 * avg((a.{column} = $value)::int)
                        from late as l join articles as a using (article_no)
                        where l.week < {LATE_WEEKS})
                """,
                {"value": value},
            ).fetchall()[0]
            # No sales in the weeks that are looked at are no share of them.
            found[f"cat_{key}"], found[f"sale_{key}"] = (float(share or 0) for share in shares)
        n_customers = con.execute("select count(*) from customers").fetchall()[0][0]
    finally:
        con.close()
    small = n_customers < REAL_CUSTOMERS // 2
    return [Figure(t.name, t.real, found[t.key], t.tolerance, t.sized and small) for t in TARGETS]


def as_text(figures: list[Figure]) -> str:
    """Lay the figures out as a table, with how many lie within their tolerance."""
    lines = [f"{'figure':<56}{'real':>9}{'demo':>9}{'within':>9}"]
    for figure in figures:
        verdict = "ok" if figure.ok else "off"
        if figure.sized:
            verdict = "by size"
        lines.append(
            f"{figure.name:<56}{figure.real:>9.4g}{figure.demo:>9.4g}{figure.tolerance:>9.4g}"
            f"  {verdict}"
        )
    held = [f for f in figures if not f.sized]
    lines.append(
        f"{sum(f.ok for f in held)} of {len(held)} figures lie within their tolerance"
        + ("; those marked 'by size' need the real number of customers." if len(held) < len(figures)
           else ".")
    )  # fmt: skip
    return "\n".join(lines)
