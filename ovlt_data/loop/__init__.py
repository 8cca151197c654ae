"""The paper's iteration, step by step: every step is a command of ovlt's own or another trainer's, run as a child."""
