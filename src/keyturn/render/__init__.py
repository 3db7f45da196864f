"""Everything that turns values into text: issues, plans, problems, ages, providers."""
