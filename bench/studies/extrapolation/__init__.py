"""The page of the suite `extrapolate`: which families hold far past their training lengths, and why."""
