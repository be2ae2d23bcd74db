"""Names of the tables and columns that Python shares with dbt, in one place."""

CUSTOMER = "customer_key"
ARTICLE = "article_key"

IS_TRAINING = "is_training"
AGE_BAND = "age_band"
RECENCY = "recency"
NEVER = "never"
FEATURE = "feature_key"
WEIGHT = "purchase_weight"

# What scoring with the ranker looks at: columns of abt_customers.
SCORED = [CUSTOMER, AGE_BAND, RECENCY]

# Slices of the evaluation: columns of abt_customers.
SLICES = [RECENCY, AGE_BAND, "history_size", "channel"]

# What the tastes model sees: columns of abt_customers, besides each favourite_* column.
TASTE_CATEGORIES = [
    AGE_BAND,
    RECENCY,
    "is_fn",
    "is_active",
    "club_member_status",
    "fashion_news_frequency",
]
TASTE_AMOUNTS = [
    "n_shopping_days",
    "n_bought",
    "n_bought_28d",
    "days_since_last_bought",
    "days_since_first_bought",
    "mean_days_between",
    "spend",
    "mean_price",
    "online_share",
]
