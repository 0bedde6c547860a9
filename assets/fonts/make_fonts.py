"""Makes the fonts of the window from Inter (OFL 1.1) and DejaVu Sans.

    pip install fonttools
    python make_fonts.py Inter-Regular.otf Inter-SemiBold.otf DejaVuSans.ttf

Inter is cut down to Latin, Greek and Cyrillic, and its digits become the tabular ones, so that a running time does not
jitter. DejaVu Sans gives the accidentals, which Inter lacks. On Debian both are in `fonts-inter` and
`fonts-dejavu-core`.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

HERE = Path(__file__).parent
LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x250), *range(0x1E00, 0x1F00)]
# With the accents of ancient Greek.
GREEK = [*range(0x370, 0x400), *range(0x1F00, 0x2000)]
CYRILLIC = [*range(0x400, 0x530)]
LETTERS = LATIN + GREEK + CYRILLIC
# Dashes, quotes, ellipsis, bullets, primes, minus, multiplication, comparison, arrows, command keys.
SIGNS = [*range(0x2010, 0x2023), 0x2026, 0x2030, 0x2032, 0x2033, 0x20AC, 0x2122, 0x2190, 0x2191, 0x2192, 0x2193,
         0x2212, 0x221E, 0x2248, 0x2260, 0x2264, 0x2265, 0x2318, 0x21E7, 0x2325, 0x2303, 0x23CE]
ACCIDENTALS = [0x266D, 0x266E, 0x266F]


def tabular_digits(font):
    """Points the digits of the character map at their equal-width forms."""
    table = font["GSUB"].table
    lookups = {i for f in table.FeatureList.FeatureRecord if f.FeatureTag == "tnum" for i in f.Feature.LookupListIndex}
    mapping = {}
    for i in lookups:
        for sub in table.LookupList.Lookup[i].SubTable:
            mapping.update(getattr(getattr(sub, "ExtSubTable", sub), "mapping", {}))
    for cmap in font["cmap"].tables:
        for code in range(0x30, 0x3A):
            if code in cmap.cmap:
                # Character maps may share one table: what is replaced already has no mapping.
                cmap.cmap[code] = mapping.get(cmap.cmap[code], cmap.cmap[code])


def cut(source, target, codes, tabular=False):
    font = TTFont(source)
    if tabular:
        tabular_digits(font)
    options = subset.Options()
    options.layout_features = ["kern", "mark", "ccmp"]
    options.hinting = False
    options.name_IDs = ["*"]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=codes)
    cutter.subset(font)
    font.save(HERE / target)
    print(target, (HERE / target).stat().st_size, "bytes")


def main():
    regular, semibold, dejavu = sys.argv[1:]
    cut(regular, "Inter-Regular.otf", LETTERS + SIGNS, tabular=True)
    cut(semibold, "Inter-SemiBold.otf", LETTERS + SIGNS, tabular=True)
    cut(dejavu, "DejaVuSans-Accidentals.ttf", ACCIDENTALS)


if __name__ == "__main__":
    main()
