"""Reads candidates with their features: what DuckDB joins to them, and what is looked up here."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import sparse

from models_py import columns
from models_py.frames import IntArray, Pairs

# Pairs of a piece.
PIECE_SIZE = 500_000
# Columns of abt_ranker that are no features.
PAIR_KEYS = ["window_id", "customer_key", "article_key", "is_bought", "bought_share"]
# Columns of ranker_tastes, and by attribute the names that they have as features.
TASTES = {"taste": "taste_{}", "days_since_last_bought": "{}_days_since_last"}
# Columns of feat_customer_pair that are features.
PARTNERS = ["pair_sum", "pair_max", "pair_days_since"]
# The same of ranker_age_bands.
BANDS = ["age_band_share"]

# Of customer keys and article keys, both (n_pairs,) int64, makes the place of each pair.
Places = Callable[[IntArray, IntArray], IntArray]


@dataclass(frozen=True)
class Known:
    """Features that candidates have in common, or that few of them have: looked up, not joined.

    Attributes
    ----------
    names
        Of the features.
    values
        (n_features, n_places) float32; NaN where missing.
    places
        Where the values of a pair are.
    """

    names: Sequence[str]
    values: npt.NDArray[np.float32]
    places: Places

    def of(self, name: str, places: IntArray) -> npt.NDArray[np.float32]:
        """One feature at each of these places: (n_places,) float32."""
        return np.asarray(self.values[self.names.index(name)].take(places))


@dataclass(frozen=True)
class KnownArticles:
    """What is known of a window's articles, whoever the customer is.

    Attributes
    ----------
    first_key
        The article_key at place 0.
    alone
        The features of ranker_articles.
    value_keys
        By attribute, (n_articles,) int64: the value_key that the article has. No two attributes
        share one.
    bands
        By age band, its row in band_places.
    band_places
        (n_bands + 1, n_articles) int64: where band_values has the buyers of an age. The last row
        is for bands without any.
    band_values
        The features of ranker_age_bands, (n_features, n_rows + 1) float32; NaN at place 0.
    """

    first_key: int
    alone: Known
    value_keys: dict[str, IntArray]
    bands: dict[str, int]
    band_places: IntArray
    band_values: npt.NDArray[np.float32]

    @property
    def n(self) -> int:
        """How many places for articles there are."""
        return int(self.band_places.shape[1])


def read_feature_names(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What the ranker sees: the columns of abt_ranker but for keys and label, in their order."""
    return [name for name in _columns_of(connection, "abt_ranker") if name not in PAIR_KEYS]


def read_training_pairs(connection: duckdb.DuckDBPyConnection, window_id: int) -> Pairs:
    """The rows of abt_ranker of a window, in the order of customer_key and article_key."""
    condition = f"window_id = {int(window_id)}"
    pairs = in_one(connection, _stream(connection, "abt_ranker", "bought_share", condition, []))
    order = np.lexsort((pairs.article_keys, pairs.customer_keys))
    return pairs.take(order)


def read_known_articles(connection: duckdb.DuckDBPyConnection, window_id: int) -> KnownArticles:
    """What is looked up of a window's articles, once for all pieces that are read."""
    condition = f"window_id = {int(window_id)}"
    first, names, values = _by_key(connection, "ranker_articles", columns.ARTICLE, condition)
    alone = Known(names, values, lambda _, article_keys: article_keys - first)
    n_articles = values.shape[1]
    keys = [columns.ARTICLE, "attribute", "value_key"]
    values_of = _read(connection, "article_attributes", keys, [], "true")
    codes, attributes = _codes(values_of, "attribute")
    at = _int64(values_of, columns.ARTICLE) - first
    is_known = (at >= 0) & (at < n_articles)
    value_keys = np.zeros((len(attributes), n_articles), np.int64)
    value_keys[codes[is_known], at[is_known]] = _int64(values_of, "value_key")[is_known]
    keys = [columns.AGE_BAND, columns.ARTICLE]
    sold = _read(connection, "ranker_age_bands", keys, BANDS, condition)
    codes, bands = _codes(sold, columns.AGE_BAND)
    band_places = np.zeros((len(bands) + 1, n_articles), np.int64)
    band_places[codes, _int64(sold, columns.ARTICLE) - first] = np.arange(1, len(codes) + 1)
    return KnownArticles(
        first,
        alone,
        dict(zip(attributes, value_keys, strict=True)),
        {band: place for place, band in enumerate(bands)},
        band_places,
        _with_missing(sold, BANDS),
    )


def stream_pairs(
    connection: duckdb.DuckDBPyConnection,
    window_id: int,
    keys: tuple[int, int] | None = None,
    used: Collection[str] | None = None,
    articles: KnownArticles | None = None,
) -> Iterator[Pairs]:
    """The rows of abt_candidates of a window's customers, piece by piece.

    All of them are in memory, as Arrow has them, until the last piece is taken. Pieces have no
    order, and the pairs of a customer may stand in several of them. DuckDB joins what
    ranker_candidates has. The rest is looked up, with the same values: what is the article's alone
    or the customer's, that of an age band and an article, the customer's tastes, and what goes
    with their purchases.

    Parameters
    ----------
    window_id
        Which window.
    keys
        First and last customer_key; None for all.
    used
        The features that are read; of the others all values are missing. None for all.
    articles
        What `read_known_articles` returned for the window, where it was read before.
    """
    condition = f"window_id = {int(window_id)}"
    if keys is not None:
        condition += f" and customer_key between {int(keys[0])} and {int(keys[1])}"
    articles = articles or read_known_articles(connection, window_id)
    first, names, values = _by_key(connection, "ranker_customers", columns.CUSTOMER, condition)
    customers = range(first, first + values.shape[1])
    # Those who are there: the keys that were asked for may have no end.
    within = f"customer_key between {customers.start} and {customers.stop - 1}"
    condition = f"window_id = {int(window_id)} and {within}"
    known = [
        articles.alone,
        Known(names, values, lambda customer_keys, _: customer_keys - first),
        _read_bands(connection, articles, customers, within),
        *_read_tastes(connection, articles, customers, condition),
        _read_partners(connection, articles, customers, condition),
    ]
    return _stream(connection, "ranker_candidates", "0", condition, known, used)


def _read_bands(
    connection: duckdb.DuckDBPyConnection, articles: KnownArticles, customers: range, condition: str
) -> Known:
    """How an article sells among the buyers of the customer's age."""
    keys = [columns.CUSTOMER, columns.AGE_BAND]
    ages = _read(connection, "stg_customers", keys, [], condition)
    codes, bands = _codes(ages, columns.AGE_BAND)
    rows = np.array([articles.bands.get(band, len(articles.bands)) for band in bands], np.int64)
    row_of = np.full(len(customers), len(articles.bands), np.int64)
    row_of[_int64(ages, columns.CUSTOMER) - customers.start] = rows[codes]
    flat = articles.band_places.ravel()

    def places(customer_keys: IntArray, article_keys: IntArray) -> IntArray:
        row = row_of[customer_keys - customers.start]
        return np.asarray(flat.take(row * articles.n + article_keys - articles.first_key))

    return Known(BANDS, articles.band_values, places)


def _read_tastes(
    connection: duckdb.DuckDBPyConnection,
    articles: KnownArticles,
    customers: range,
    condition: str,
) -> list[Known]:
    """The customer's taste for what an article is, by attribute."""
    keys = [columns.CUSTOMER, "value_key"]
    tastes = _read(connection, "ranker_tastes", keys, TASTES, condition)
    value_keys = _int64(tastes, "value_key")
    asked = max((int(one.max(initial=0)) for one in articles.value_keys.values()), default=0)
    places_of = _lookup(
        _int64(tastes, columns.CUSTOMER) - customers.start,
        value_keys,
        value_keys <= asked,
        (len(customers), asked + 1),
    )
    values = _with_missing(tastes, TASTES)

    def of_attribute(name: str, value_of: IntArray) -> Known:
        return Known(
            [feature.format(name) for feature in TASTES.values()],
            values,
            lambda customer_keys, article_keys: places_of(
                customer_keys - customers.start, value_of[article_keys - articles.first_key]
            ),
        )

    return [of_attribute(name, value_of) for name, value_of in articles.value_keys.items()]


def _read_partners(
    connection: duckdb.DuckDBPyConnection,
    articles: KnownArticles,
    customers: range,
    condition: str,
) -> Known:
    """How an article goes with what the customer bought."""
    keys = [columns.CUSTOMER, columns.ARTICLE]
    partners = _read(connection, "feat_customer_pair", keys, PARTNERS, condition)
    at = _int64(partners, columns.ARTICLE) - articles.first_key
    places_of = _lookup(
        _int64(partners, columns.CUSTOMER) - customers.start,
        at,
        (at >= 0) & (at < articles.n),
        (len(customers), articles.n),
    )
    return Known(
        PARTNERS,
        _with_missing(partners, PARTNERS),
        lambda customer_keys, article_keys: places_of(
            customer_keys - customers.start, article_keys - articles.first_key
        ),
    )


def _lookup(
    row: IntArray, column: IntArray, is_kept: npt.NDArray[np.bool_], shape: tuple[int, int]
) -> Places:
    """Of rows and columns, makes one more than the number of the entry there; 0 where none is."""
    number = np.arange(1, len(row) + 1, dtype=np.int32)
    entries = sparse.csr_matrix((number[is_kept], (row[is_kept], column[is_kept])), shape)
    # In order, an entry of a row is found by bisection.
    entries.sort_indices()
    return lambda rows, at: np.asarray(entries[rows, at], np.int64).ravel()


def _stream(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    bought_share: str,
    condition: str,
    known: Sequence[Known],
    used: Collection[str] | None = None,
) -> Iterator[Pairs]:
    names = read_feature_names(connection)
    looked_up = {name: one for one in known for name in one.names}
    wanted = [name for name in names if used is None or name in used]
    joined = [name for name in wanted if name not in looked_up]
    share = f"cast({bought_share} as real) as bought_share"
    table = _read(connection, source, [columns.CUSTOMER, columns.ARTICLE, share], joined, condition)
    for batch in table.to_batches():
        customer_keys, article_keys = (
            _int64(batch, key) for key in (columns.CUSTOMER, columns.ARTICLE)
        )
        # Filled column by column, as Arrow has them; LightGBM reads that order too. Missing is NaN.
        matrix = np.empty((len(names), batch.num_rows), np.float32)
        for column, name in zip(matrix, names, strict=True):
            if name not in wanted:
                column[:] = np.nan
            elif name in joined:
                column[:] = batch.column(name).to_numpy(zero_copy_only=False)
        for one in known:
            asked = [name for name in one.names if name in wanted]
            if asked:
                places = one.places(customer_keys, article_keys)
                for name in asked:
                    matrix[names.index(name)] = one.of(name, places)
        yield Pairs(
            customer_keys,
            article_keys,
            matrix.T,
            names,
            batch.column("bought_share").to_numpy(),
        )


def in_one(connection: duckdb.DuckDBPyConnection, pieces: Iterator[Pairs]) -> Pairs:
    """Pieces of pairs as one."""
    found = list(pieces)
    if not found:
        names = read_feature_names(connection)
        keys = np.zeros(0, np.int64)
        none = np.zeros(0, np.float32)
        return Pairs(keys, keys, none.reshape(0, len(names)), names, none)
    return Pairs(
        np.concatenate([piece.customer_keys for piece in found]),
        np.concatenate([piece.article_keys for piece in found]),
        np.ascontiguousarray(np.concatenate([piece.features for piece in found])),
        found[0].names,
        np.concatenate([piece.bought_share for piece in found]),
    )


def _by_key(
    connection: duckdb.DuckDBPyConnection, source: str, key: str, condition: str
) -> tuple[int, list[str], npt.NDArray[np.float32]]:
    """The first key, the names of the features, and their values by key, NaN for keys between."""
    names = [name for name in _columns_of(connection, source) if name not in PAIR_KEYS]
    table = _read(connection, source, [key], names, condition)
    keys = _int64(table, key)
    first, last = (int(keys.min()), int(keys.max())) if len(keys) else (0, -1)
    values = np.full((len(names), last - first + 1), np.nan, np.float32)
    for row, name in zip(values, names, strict=True):
        row[keys - first] = table.column(name).to_numpy()
    return first, names, values


def _columns_of(connection: duckdb.DuckDBPyConnection, source: str) -> list[str]:
    described = connection.execute(f"select * from {source} limit 0").description or []
    return [str(name) for name, *_ in described]


def _read(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    keys: Sequence[str],
    features: Collection[str],
    condition: str,
) -> pa.Table:
    """Rows of a table; features as four bytes, in pieces of PIECE_SIZE.

    A relation is converted to Arrow on all threads; as a cursor, or with parameters, it would be on
    one.
    """
    selected = [*keys, *(f"cast({name} as real) as {name}" for name in features)]
    return connection.sql(
        f"select {', '.join(selected)} from {source} where {condition}"
    ).to_arrow_table(PIECE_SIZE)


def _int64(table: pa.Table | pa.RecordBatch, name: str) -> IntArray:
    return np.asarray(table.column(name).to_numpy(), np.int64)


def _codes(table: pa.Table, name: str) -> tuple[IntArray, list[str]]:
    """Of a column of text or of an enum, the place of each row's value, and the values."""
    column = table.column(name)
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    column = column.unify_dictionaries()
    values = column.chunk(0).dictionary.to_pylist() if column.num_chunks else []
    codes = [np.asarray(chunk.indices.to_numpy(), np.int64) for chunk in column.chunks]
    return np.concatenate([np.zeros(0, np.int64), *codes]), values


def _with_missing(table: pa.Table, names: Collection[str]) -> npt.NDArray[np.float32]:
    """(n_names, n_rows + 1) float32: the columns, behind a NaN at place 0."""
    values = np.full((len(names), table.num_rows + 1), np.nan, np.float32)
    for row, name in zip(values, names, strict=True):
        row[1:] = table.column(name).to_numpy()
    return values
