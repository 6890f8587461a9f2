"""How well colours tell apart, as the Web Content Accessibility Guidelines (WCAG 2) count it."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21."""
    dark, light = sorted(luminance(colour) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Return a colour's relative luminance, 0 to 1."""
    channels = np.asarray(mpl.colors.to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))
