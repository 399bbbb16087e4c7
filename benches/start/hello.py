# The least program: what starting and ending costs.
print("hello world")
