"""Pictures for some of the groups, drawn when needed: hills under a sun, a robot's face, waves."""

import io
import math

from PIL import Image, ImageDraw

from accounts.models import Member
from groups.actions import keep_photo_draft
from groups.models import PhotoDraft

SIDE = 512

Palette = tuple[str, str, str]


def photo(words: str, member: Member) -> PhotoDraft:
    """A picture as uploaded in a dialog. The words are a motif and three colours, from back to front."""
    motif, *colours = words.split()
    back, middle, front = colours
    image = Image.new("RGB", (SIDE, SIDE), back)
    MOTIFS[motif](ImageDraw.Draw(image), (back, middle, front))
    file = io.BytesIO()
    image.save(file, "PNG")
    return keep_photo_draft(member, file, file.tell())


def _hills(draw: ImageDraw.ImageDraw, colours: Palette) -> None:
    draw.ellipse((300, 70, 420, 190), fill="#ffe8a3")
    draw.polygon([(0, 512), (0, 380), (170, 170), (330, 390), (400, 512)], fill=colours[1])
    draw.polygon([(120, 512), (350, 260), (512, 420), (512, 512)], fill=colours[2])


def _robot(draw: ImageDraw.ImageDraw, colours: Palette) -> None:
    draw.line((256, 70, 256, 150), fill=colours[1], width=14)
    draw.ellipse((234, 40, 278, 84), fill=colours[1])
    draw.rounded_rectangle((96, 140, 416, 420), 70, fill=colours[1])
    for left in (160, 284):
        draw.ellipse((left, 220, left + 68, 288), fill=colours[2])
    draw.rounded_rectangle((180, 334, 332, 362), 14, fill=colours[2])


def _waves(draw: ImageDraw.ImageDraw, colours: Palette) -> None:
    for row, colour in enumerate((colours[1], colours[2], colours[1], colours[2])):
        crest = [(x, 150 + 90 * row + round(28 * math.sin(x / 50 + row))) for x in range(0, SIDE + 8, 8)]
        draw.polygon([*crest, (SIDE, SIDE), (0, SIDE)], fill=colour)


MOTIFS = {"hills": _hills, "robot": _robot, "waves": _waves}
