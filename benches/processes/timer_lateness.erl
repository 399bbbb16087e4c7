%% A 10 ms timer, again and again, while two processes for each of two schedulers only compute: the lateness of the
%% 99th of 100.
-module(timer_lateness).
-export([main/0]).

main() ->
    [spawn(fun spin/0) || _ <- lists:seq(1, 4)],
    Late = lists:sort([once() || _ <- lists:seq(1, 100)]),
    io:format(standard_error, "time_ms=~p~n", [lists:nth(100, Late)]),
    io:format("~p~n", [100]).

spin() -> spin().

once() ->
    Start = erlang:monotonic_time(microsecond),
    receive after 10 -> ok end,
    (erlang:monotonic_time(microsecond) - Start) / 1000 - 10.
