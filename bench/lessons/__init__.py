"""The lessons: claims that records decide, pictures, and the page that shows both."""
