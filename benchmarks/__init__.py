"""What ovlt claims about speed, measured beside its floor in the same run; ratios, since machines differ."""
