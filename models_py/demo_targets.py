"""The published figures of the real data, and how near the demo data is held to them."""

from __future__ import annotations

from typing import NamedTuple


class Figure(NamedTuple):
    """One published figure beside the demo's: percentages as per cent, prices scaled.

    `tolerance` is the largest accepted distance, in the unit of the figure. `sized` marks the
    figures that depend on the number of customers: below the real size they are information. At
    the real size all hold but two, articles never sold and the third quartile of an article's rows
    (``python -m models_py.demo_data --customers 1371980 --out folder``).
    """

    name: str
    real: float
    demo: float
    tolerance: float
    sized: bool = False

    @property
    def ok(self) -> bool:
        """Whether the demo's figure lies within the tolerance of the real one."""
        return abs(self.demo - self.real) <= self.tolerance


class Target(NamedTuple):
    """A published figure and the tolerance that the demo data is held to."""

    key: str
    name: str
    real: float
    tolerance: float
    sized: bool = False


TARGETS = (
    Target("rows_mean", "rows per buying customer, mean", 23.3, 2.0),
    Target("rows_sd", "rows per buying customer, sd", 39.2, 6.0),
    Target("rows_q1", "rows per buying customer, first quartile", 3, 1),
    Target("rows_median", "rows per buying customer, median", 9, 1),
    Target("rows_q3", "rows per buying customer, third quartile", 27, 3),
    Target("never_bought", "customers who never bought, %", 0.71, 0.25),
    Target("repeated_rows", "rows that repeat another exactly, %", 9.4, 1.0),
    Target("basket_mean", "rows per customer and day, mean", 3.12, 0.2),
    Target("basket_median", "rows per customer and day, median", 2, 0),
    Target("basket_p90", "rows per customer and day, p90", 6, 1),
    Target("basket_p99", "rows per customer and day, p99", 15, 2),
    Target("week_customers", "customers who buy in a late week, %", 5.3, 0.5),
    Target("week_articles_mean", "articles per customer and week, mean", 3.10, 0.25),
    Target("week_articles_p95", "articles per customer and week, p95", 8, 1),
    Target("week_two_days", "a week's customers: on two days or more, %", 10.3, 2.5),
    Target("week_repeated", "a week's customers: with a repeated row, %", 18.9, 2.5),
    Target("week_variants", "a week's customers: two variants of a product, %", 17.0, 2.5),
    Target("week_one_group", "those with two articles: one index group, %", 53, 4),
    Target("prior_7", "previous purchase within 7 days, %", 18.4, 3.0),
    Target("prior_30", "previous purchase 8 to 30 days before, %", 28.1, 3.0),
    Target("prior_90", "previous purchase 31 to 90 days before, %", 26.7, 3.0),
    Target("prior_longer", "previous purchase longer ago, %", 18.7, 3.0),
    Target("prior_never", "no previous purchase, %", 8.1, 2.0),
    Target("rebought", "a week's purchases: article bought before, %", 2.8, 0.8),
    Target("launched", "a week's purchases: unsold in the 30 days before, %", 4.3, 2.5, True),
    Target("trailing", "a week's purchases among its trailing best sellers, %", 93.7, 4.0, True),
    Target("top_100", "a week's sales: best 100 articles, %", 13.4, 3.0, True),
    Target("top_1000", "a week's sales: best 1,000 articles, %", 50.2, 6.0, True),
    Target("top_5000", "a week's sales: best 5,000 articles, %", 85.6, 5.0, True),
    Target("week_best", "a week's sales: best article, %", 0.35, 0.15, True),
    Target("week_sold", "articles sold in a week, % of the catalogue", 17.1, 4.0, True),
    Target("quarter_sold", "articles sold in 91 days, % of the catalogue", 40.1, 6.0, True),
    Target("unsold", "articles never sold, %", 0.94, 4.0, True),
    Target("article_q1", "rows per article, first quartile", 14, 8, True),
    Target("article_median", "rows per article, median", 65, 25, True),
    Target("article_q3", "rows per article, third quartile", 286, 80, True),
    Target("channel_2", "rows of channel 2, %", 69, 2),
    Target("price_p10", "price, p10", 0.0135, 0.004),
    Target("price_p50", "price, median", 0.0339, 0.006),
    Target("price_p90", "price, p90", 0.0593, 0.012),
    Target("june", "mean day of June 2019 to that of 2019", 1.42, 0.12),
    Target("july", "mean day of July 2019 to that of 2019", 1.30, 0.12),
    Target("december", "mean day of December 2019 to that of 2019", 0.80, 0.08),
    Target("saturday", "mean Saturday to the mean day, 2019", 1.09, 0.08),
    Target("sunday", "mean Sunday to the mean day, 2019", 0.90, 0.08),
    Target("best_day", "best day to the mean day, 2019", 4.5, 0.7),
    Target("variants", "articles per product, mean", 2.23, 0.12),
    Target("age_mean", "age, mean", 36.4, 1.0),
    Target("age_median", "age, median", 31, 2),
    Target("age_20", "customers of 20 to 24 years, %", 21, 1.5),
    Target("age_35", "customers of 35 to 39 years, %", 6, 1),
    Target("one_postcode", "customers who share the commonest postal code, %", 8.77, 0.8),
    Target("active_club", "club_member_status ACTIVE, %", 92.7, 1.0),
    Target("fn_missing", "FN missing, %", 65, 2),
    Target("regularly", "fashion_news_frequency Regularly, %", 35.1, 2),
    Target("cat_ladies", "catalogue: Ladieswear, %", 37.7, 2.5),
    Target("cat_baby", "catalogue: Baby/Children, %", 32.9, 2.5),
    Target("sale_ladies", "late sales: Ladieswear, %", 62.6, 4),
    Target("sale_divided", "late sales: Divided, %", 24.3, 4),
    Target("sale_men", "late sales: Menswear, %", 5.7, 2),
    Target("sale_baby", "late sales: Baby/Children, %", 2.0, 1),
    Target("sale_sport", "late sales: Sport, %", 5.5, 2),
    Target("cat_trousers", "catalogue: Trousers, %", 10.6, 1.5),
    Target("sale_trousers", "late sales: Trousers, %", 16.2, 3),
    Target("sale_sweater", "late sales: Sweater, %", 12.9, 3),
    Target("sale_dress", "late sales: Dress, %", 7.6, 2.5),
    Target("cat_black", "catalogue: Black, %", 21.5, 3),
    Target("sale_black", "late sales: Black, %", 37.5, 5),
    Target("sale_beige", "late sales: Beige, %", 6.3, 2),
    Target("cat_solid", "catalogue: Solid, %", 47.1, 4),
    Target("sale_solid", "late sales: Solid, %", 62.4, 5),
    Target("sale_jersey", "late sales: Jersey Basic, %", 11.4, 4),
    Target("sale_knitwear", "late sales: Knitwear, %", 13.4, 4),
)
