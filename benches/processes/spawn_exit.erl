%% Starts processes that report and end; the parent counts them.
-module(spawn_exit).
-export([main/0]).

main() ->
    Count = 300000,
    Start = erlang:monotonic_time(microsecond),
    Me = self(),
    start(Me, 0, Count),
    Sum = collect(Count, 0),
    io:format(standard_error, "time_ms=~p~n", [(erlang:monotonic_time(microsecond) - Start) / 1000]),
    io:format("~p~n", [Sum]).

start(_, Count, Count) -> ok;
start(Me, I, Count) -> spawn(fun() -> Me ! I end), start(Me, I + 1, Count).

collect(0, Sum) -> Sum;
collect(Left, Sum) -> receive N -> collect(Left - 1, Sum + N) end.
