"""Words for the made-up names and descriptions of demo articles."""

from __future__ import annotations

GIVEN_NAMES = (
    "Lina", "Alva", "Rosie", "Clara", "Tova", "Mira", "Juno", "Saga", "Nora", "Vera", "Ines",
    "Ebba", "Holly", "Kira", "Luna", "Maja", "Nina", "Olga", "Perla", "Ronja", "Siri", "Tilde",
    "Ugo", "Viggo", "Wilma", "Ylva", "Zoe", "Axel", "Bruno", "Charlie", "Dante", "Elmo",
    "Fanny", "Greta", "Hugo", "Ivy", "Jasper", "Kelly", "Leo", "Mango", "Nova", "Otto",
)  # fmt: skip

FABRICS = (
    "soft cotton jersey", "airy, woven viscose", "ribbed jersey", "organic cotton",
    "fine-knit wool blend", "washed denim", "crêpe fabric", "lightweight sweatshirt fabric",
    "fast-drying functional fabric", "satin with a \"liquid\" sheen", "linen-blend weave",
    "microfibre", "imitation leather", "soft, brushed twill",
)  # fmt: skip

# by where the article is worn, as many for each
DETAILS: dict[str, tuple[str, ...]] = {
    "upper": (
        "a round neckline and short sleeves", "a V-neck, long sleeves and ribbing at the cuffs",
        "narrow, adjustable shoulder straps", "dropped shoulders and a drawstring hood",
        "a collar, buttons down the front and a yoke at the back",
    ),
    "lower": (
        "an elasticated waist, side pockets and tapered legs", "a \"mom fit\" high waist",
        "a concealed zip in one side", "a tie belt and a flounce at the hem",
        "a zip fly, button and slits at the hems",
    ),
    "other": (
        "decorative stitching", "a small bow and lace trims", "ribbed edges", "metal details",
        "a soft, \"second-skin\" finish",
    ),
}  # fmt: skip

CLOSINGS = (
    "Unlined.", "Lined.", "Regular fit.", "Slim fit, with a straight-cut hem.",
    "Relaxed fit for the best possible comfort.", "Made partly from recycled polyester.",
    "Our \"everyday\" favourite, in several colours.", "Soft brushed inside.",
)  # fmt: skip
