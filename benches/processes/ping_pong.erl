%% Two processes send a message to and fro: one round trip after the other.
-module(ping_pong).
-export([main/0]).

main() ->
    Start = erlang:monotonic_time(microsecond),
    Other = spawn(fun echo/0),
    Sum = rounds(Other, 0, 300000, 0),
    io:format(standard_error, "time_ms=~p~n", [(erlang:monotonic_time(microsecond) - Start) / 1000]),
    io:format("~p~n", [Sum]).

echo() -> receive {From, N} -> From ! N, echo() end.

rounds(_, Count, Count, Sum) -> Sum;
rounds(Other, I, Count, Sum) ->
    Other ! {self(), I},
    receive N -> rounds(Other, I + 1, Count, Sum + N) end.
