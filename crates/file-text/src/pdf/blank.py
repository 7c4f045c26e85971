"""Makes blank.ttf: a font with one empty glyph that has no width. pip install fonttools"""

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

builder = FontBuilder(1000, isTTF=True)
builder.setupGlyphOrder([".notdef"])
builder.setupCharacterMap({})
builder.setupGlyf({".notdef": TTGlyphPen(None).glyph()})
builder.setupHorizontalMetrics({".notdef": (0, 0)})
builder.setupHorizontalHeader(ascent=800, descent=-200)
builder.setupPost(keepGlyphNames=False)
builder.font.recalcTimestamp = False
builder.font["head"].created = builder.font["head"].modified = 0
builder.save("blank.ttf")
