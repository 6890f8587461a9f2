"""Claims that records decide, with pictures, and the page that shows both."""
