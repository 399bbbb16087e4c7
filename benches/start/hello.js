// The least program: what starting and ending costs.
console.log("hello world");
