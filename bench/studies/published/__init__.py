"""Published figures beside those that the committed runs give."""
