"""The demo catalogue: products, their variants, and the articles file."""

from __future__ import annotations

import math

import duckdb

from models_py import demo_hierarchy as hierarchy
from models_py import demo_values as values
from models_py import demo_words as words
from models_py.demo_shares import cumulated, fit_table, load

REAL_ARTICLES = 105_542
REAL_CUSTOMERS = 1_371_980
N_STYLES = 24
TYPE_NUMBERS = {
    t.name: -1 if t.name == "Unknown" else number
    for number, t in enumerate(values.PRODUCT_TYPES, start=245)
}


def n_articles_for(n_customers: int) -> int:
    """Size of the catalogue for a number of customers: it shrinks with the square root.

    A catalogue in proportion would leave 40,000 customers 3,000 articles, and any model could
    list a third of the assortment; a full one would leave most articles unsold.
    """
    return max(600, round(REAL_ARTICLES * math.sqrt(n_customers / REAL_CUSTOMERS)))


def load_values(con: duckdb.DuckDBPyConnection) -> None:
    """Load the value lists as the `pick_*` tables (drawn from) and the `target_*` tables."""
    types = {t.name: t for t in values.PRODUCT_TYPES}
    allowed = {(i, t.name) for t in values.PRODUCT_TYPES for i in t.indexes}
    index_types = fit_table(
        {i: v[3] for i, v in hierarchy.INDEXES.items()},
        {t.name: t.catalogue for t in values.PRODUCT_TYPES},
        allowed,
    )
    kind_rows: list[tuple[dict[str, object], float]] = []
    section_rows: list[tuple[dict[str, object], float]] = []
    garment_rows: list[tuple[dict[str, object], float]] = []
    surface_shares: dict[str, float] = {}
    for kind, ((index, name), share) in enumerate(index_types.items()):
        product_type = types[name]
        surface = values.surface(product_type)
        surface_shares[surface] = surface_shares.get(surface, 0.0) + share
        index_name, group_no, group_name, _ = hierarchy.INDEXES[index]
        kind_rows.append((
            {
                "kind": kind, "product_type_no": TYPE_NUMBERS[name], "product_type_name": name,
                "product_group_name": product_type.group, "euro": product_type.price,
                "surface": surface, "index_code": index, "index_name": index_name,
                "index_group_no": group_no, "index_group_name": group_name,
            },
            share,
        ))  # fmt: skip
        for place, (number, section) in enumerate(_sections_of(index, product_type)):
            section_rows.append((
                {"kind": kind, "section_no": number, "section_name": section}, 0.6**place,
            ))  # fmt: skip
        for garment, weight in _garments_of(index, product_type):
            garment_rows.append((
                {
                    "kind": kind, "garment_group_no": hierarchy.GARMENT_GROUPS[garment],
                    "garment_group_name": garment,
                },
                weight,
            ))  # fmt: skip
    load(con, "pick_kind", cumulated(kind_rows))
    load(con, "pick_section", cumulated(section_rows, "kind"))
    load(con, "pick_garment", cumulated(garment_rows, "kind"))

    patterns = fit_table(
        surface_shares,
        {str(p.number): p.catalogue for p in values.PATTERNS},
        {(s, str(p.number)) for p in values.PATTERNS for s in p.surfaces},
    )
    names = {str(p.number): p.name for p in values.PATTERNS}
    load(con, "pick_pattern", cumulated([
        ({"surface": s, "graphical_appearance_no": int(n), "graphical_appearance_name": names[n]},
         share)
        for (s, n), share in patterns.items()
    ], "surface"))  # fmt: skip
    # the power makes up for variants of a product that may not share colour and pattern
    load(con, "pick_colour", cumulated([
        ({
            "colour_group_code": c.code, "colour_group_name": c.name,
            "perceived_colour_value_id": values.COLOUR_VALUES[c.value],
            "perceived_colour_value_name": c.value,
            "perceived_colour_master_id": values.COLOUR_MASTERS[c.master],
            "perceived_colour_master_name": c.master,
        }, c.catalogue**1.12)
        for c in values.COLOURS
    ]))  # fmt: skip
    for table, texts in (
        ("word_name", words.GIVEN_NAMES), ("word_fabric", words.FABRICS),
        ("word_closing", words.CLOSINGS),
    ):  # fmt: skip
        load(con, table, [{"word_no": n, "word": word} for n, word in enumerate(texts)])
    load(con, "word_detail", [
        {"place": place, "word_no": n, "word": word}
        for place, texts in words.DETAILS.items() for n, word in enumerate(texts)
    ])  # fmt: skip


def _sections_of(index: str, product_type: values.ProductType) -> list[tuple[int, str]]:
    """List the sections of an index that hold a product type, the likeliest first."""
    names = {product_type.name, product_type.group}
    all_sections = hierarchy.SECTIONS[index]
    scoped = [s for s in all_sections if names & set(hierarchy.SECTION_SCOPE.get(s[0], ()))]
    open_to_all = [s for s in all_sections if s[0] not in hierarchy.SECTION_SCOPE]
    garment = product_type.group.startswith("Garment")
    found = scoped + open_to_all if garment else scoped
    found = found or open_to_all or list(all_sections)
    # Start each type elsewhere, or every type of an index would crowd its first section.
    start = sum(product_type.name.encode()) % len(found)
    return found[start:] + found[:start]


def _garments_of(index: str, product_type: values.ProductType) -> list[tuple[str, float]]:
    """List the garment groups of a product type within an index, with their per cent."""
    if index == "G" and product_type.group in {values.LOWER, values.FULL, values.UPPER}:
        return [("Woven/Jersey/Knitted mix Baby", 25.0), ("Jersey Fancy", 75.0)]
    if index in "HI" and product_type.name in {"Dress", "Skirt"}:
        return [("Dresses/Skirts girls", 100.0)]
    table = hierarchy.TYPE_GARMENTS
    found = table.get(product_type.name) or table.get(product_type.group) or table["*"]
    return list(found)


_PRODUCTS = """
create or replace table products as
with drawn as (
    select
        p::int as product_no,
        u01(p, 'kind') as u_kind,
        u01(p, 'section') as u_section,
        u01(p, 'garment') as u_garment,
        case
            when u01(p, 'variants') < 0.50 then 1
            when u01(p, 'variants') < 0.73 then 2
            when u01(p, 'variants') < 0.85 then 3
            when u01(p, 'variants') < 0.912 then 4
            when u01(p, 'variants') < 0.945 then 5
            else least(75, 5 + floor(exp(u01(p, 'many') * 2.1 + gauss(p, 'more') * 0.45)))
        end::int as n_wanted,
        case
            when u01(p, 'life') < 0.6 then 4 + 5 * u01(p, 'weeks')
            when u01(p, 'life') < 0.88 then 9 + 11 * u01(p, 'weeks')
            else 35 + 50 * u01(p, 'weeks')
        end as life_weeks,
        1.25 * gauss(p, 'popularity') as log_popularity,
        1.06 * exp(0.33 * gauss(p, 'price')) as price_factor,
        floor(u01(p, 'style') * {n_styles})::int as style_no
    from range({n_products}) as r(p)
),

typed as (
    select d.*, k.* exclude (lo)
    from drawn as d
    asof join pick_kind as k on d.u_kind >= k.lo
),

sectioned as (
    select t.*, s.section_no, s.section_name
    from typed as t
    asof join pick_section as s on t.kind = s.kind and t.u_section >= s.lo
)

select
    t.*,
    g.garment_group_no,
    g.garment_group_name
from sectioned as t
asof join pick_garment as g on t.kind = g.kind and t.u_garment >= g.lo
"""

# Variants are drawn three at a time for each wanted one, so that equal colour-and-pattern pairs
# can be dropped and the product still gets its number.
_ARTICLES = """
create or replace table articles as
with tries as (
    select
        p.product_no, p.surface, p.n_wanted,
        v::int as try_no,
        u01(p.product_no * 1000 + v, 'colour') as u_colour,
        -- most variants keep the pattern of their product
        case
            when u01(p.product_no * 1000 + v, 'own pattern') < 0.25
                then u01(p.product_no * 1000 + v, 'pattern')
            else u01(p.product_no, 'pattern')
        end as u_pattern
    from products as p, unnest(range(p.n_wanted * 3)) as r(v)
),

patterned as (
    select t.*, g.graphical_appearance_no, g.graphical_appearance_name
    from tries as t
    asof join pick_pattern as g on t.surface = g.surface and t.u_pattern >= g.lo
),

coloured as (
    select t.*, c.* exclude (lo)
    from patterned as t
    asof join pick_colour as c on t.u_colour >= c.lo
),

apart as (
    select *
    from coloured
    qualify row_number() over (
        partition by product_no, colour_group_code, graphical_appearance_no order by try_no
    ) = 1
),

numbered as (
    select *, row_number() over (partition by product_no order by try_no) - 1 as variant_no
    from apart
    qualify variant_no < n_wanted
),

kept as (
    select *, row_number() over (order by product_no, variant_no) - 1 as article_no
    from numbered
    qualify article_no < {n_articles}
)

select
    k.article_no::int as article_no,
    k.variant_no::int as variant_no,
    k.graphical_appearance_no, k.graphical_appearance_name,
    k.colour_group_code, k.colour_group_name,
    k.perceived_colour_value_id, k.perceived_colour_value_name,
    k.perceived_colour_master_id, k.perceived_colour_master_name,
    p.*,
    p.log_popularity + 0.9 * gauss(k.article_no, 'variant') as log_raw,
    -- few articles sell nothing at all, so the lower half is drawn together; so are children's
    -- and men's articles, which share few sales among many
    case p.index_group_no when 4 then 0.2 when 3 then 0.7 else 1 end
        * case when log_raw < 0 then 0.5 * log_raw else log_raw end as log_weight,
    u01(k.article_no, 'unsold') < 0.0085 as is_never_sold,
    -- prices end in 99 cents; the data file divides euro by 590
    (100 * greatest(1, round(p.euro * p.price_factor
        / case when p.euro * p.price_factor < 20 then 1 else 5 end)
        * case when p.euro * p.price_factor < 20 then 1 else 5 end) - 1)::int as cents
from kept as k
join products as p on k.product_no = p.product_no
order by k.article_no
"""


def build_catalogue(con: duckdb.DuckDBPyConnection, n_customers: int) -> None:
    """Create the table `articles`: one row per article, numbered in the order of article_id."""
    n_articles = n_articles_for(n_customers)
    # more products than needed: the list is cut where it holds enough articles
    n_products = round(n_articles / 1.8)
    load_values(con)
    con.execute(_PRODUCTS.format(n_products=n_products, n_styles=N_STYLES))
    con.execute(_ARTICLES.format(n_articles=n_articles))
    con.execute("""
        create or replace table articles as
        with placed as (
            select *, product_no / (1.0 + max(product_no) over ()) as place from articles
        )

        select
            * exclude (place),
            lpad((108775 + floor(place * (959000 - 108775)))::int::varchar, 7, '0')
                as product_code,
            product_code || lpad((variant_no + 1)::varchar, 3, '0') as article_id,
            -- launches follow the number of the product, as in the real codes; they begin before
            -- the first purchase so that the first weeks have old articles too
            floor(-30 + 134.9 * least(1, greatest(0, place + gauss(product_no, 'launch') * 0.01)))
                ::int as launch_week,
            -- of what was launched long before the first purchase, only the lasting is left
            greatest(life_weeks, -launch_week / 1.5) as half_weeks,
            count(*) over (partition by product_no)::int as n_variants,
            min(article_no) over (partition by product_no)::int as first_article_no,
            row_number() over (partition by product_no order by log_weight desc, article_no)::int
                - 1 as variant_rank
        from placed
        order by article_no
    """)


_ARTICLES_FILE = """
with departments as (
    select
        section_no,
        garment_group_no,
        row_number() over (order by section_no, garment_group_no) * 27 + 1176 as department_no
    from (select distinct section_no, garment_group_no from articles)
)

select
    a.article_id,
    a.product_code,
    case
        when u01(a.product_no, 'name') < 0.12 then upper(n.word) || ' ' || lower(product_type_name)
        when u01(a.product_no, 'name') < 0.2 then n.word || ', ' || lower(product_type_name)
        when u01(a.product_no, 'name') < 0.23 then n.word || ' "Best" ' || product_type_name
        else n.word || ' ' || lower(product_type_name)
    end || case when u01(a.product_no, 'pack') < 0.05 then ' 2-pack' else '' end as prod_name,
    a.product_type_no,
    a.product_type_name,
    a.product_group_name,
    a.graphical_appearance_no,
    a.graphical_appearance_name,
    a.colour_group_code,
    a.colour_group_name,
    a.perceived_colour_value_id,
    a.perceived_colour_value_name,
    a.perceived_colour_master_id,
    a.perceived_colour_master_name,
    d.department_no,
    case
        when a.garment_group_name = 'Under-, Nightwear' then a.section_name
        when a.index_group_no = 4 then a.index_name || ' ' || a.garment_group_name
        else a.garment_group_name || ' ' || a.section_name
    end as department_name,
    a.index_code,
    a.index_name,
    a.index_group_no,
    a.index_group_name,
    a.section_no,
    a.section_name,
    a.garment_group_no,
    a.garment_group_name,
    case when u01(a.article_no, 'described') >= 0.00394 then
        a.product_type_name || ' in ' || f.word || ' with ' || t.word || '. ' || c.word
    end as detail_desc
from articles as a
join departments as d
    on a.section_no = d.section_no and a.garment_group_no = d.garment_group_no
join word_name as n on n.word_no = floor(u01(a.product_no, 'word') * {n_names})
join word_fabric as f on f.word_no = floor(u01(a.product_no, 'fabric') * {n_fabrics})
join word_detail as t
    on t.word_no = floor(u01(a.product_no, 'detail') * {n_details})
    and t.place = case a.product_group_name
        when 'Garment Upper body' then 'upper' when 'Garment Full body' then 'upper'
        when 'Garment Lower body' then 'lower' else 'other' end
join word_closing as c on c.word_no = floor(u01(a.product_no, 'closing') * {n_closings})
order by a.article_no
"""


def articles_file() -> str:
    """Return the query of the articles file, in the order of article_id."""
    return _ARTICLES_FILE.format(
        n_names=len(words.GIVEN_NAMES),
        n_fabrics=len(words.FABRICS),
        n_details=len(words.DETAILS["other"]),
        n_closings=len(words.CLOSINGS),
    )
