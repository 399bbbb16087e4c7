%% A quarter of a million processes that wait for a message: the time until all of them do, and the peak of memory.
-module(idle_processes).
-export([main/0]).

main() ->
    Start = erlang:monotonic_time(microsecond),
    [spawn(fun wait/0) || _ <- lists:seq(1, 250000)],
    Last = spawn(fun() -> receive {ask, From} -> From ! there end end),
    Last ! {ask, self()},
    receive there -> ok end,
    io:format(standard_error, "time_ms=~p~n", [(erlang:monotonic_time(microsecond) - Start) / 1000]),
    io:format("~p~n", [250000]).

wait() -> receive never -> ok end.
