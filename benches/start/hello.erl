%% The least program: what starting and ending costs.
-module(hello).
-export([main/0]).

main() -> io:format("hello world~n").
