%% An echo's round trip while two processes for each of two schedulers only compute: the 99th of 100 of 1000.
-module(fairness).
-export([main/0]).

main() ->
    [spawn(fun spin/0) || _ <- lists:seq(1, 4)],
    Other = spawn(fun echo/0),
    Times = lists:sort([once(Other, I) || I <- lists:seq(1, 1000)]),
    io:format(standard_error, "time_ms=~p~n", [lists:nth(991, Times)]),
    io:format("~p~n", [1000]).

spin() -> spin().

echo() -> receive {From, N} -> From ! N, echo() end.

once(Other, I) ->
    Start = erlang:monotonic_time(microsecond),
    Other ! {self(), I},
    receive I -> ok end,
    (erlang:monotonic_time(microsecond) - Start) / 1000.
