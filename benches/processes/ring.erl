%% A token goes round 503 processes.
-module(ring).
-export([main/0]).

main() ->
    Hops = 1000000,
    Start = erlang:monotonic_time(microsecond),
    Me = self(),
    Head = spawn(fun() -> receive {next, Next} -> node(Next, Me) end end),
    Last = lists:foldl(fun(_, Next) -> spawn(fun() -> node(Next, Me) end) end, Head, lists:seq(1, 502)),
    Head ! {next, Last},
    Head ! Hops,
    receive done -> ok end,
    io:format(standard_error, "time_ms=~p~n", [(erlang:monotonic_time(microsecond) - Start) / 1000]),
    io:format("~p~n", [Hops]).

node(Next, Parent) ->
    receive
        0 -> Parent ! done, node(Next, Parent);
        N -> Next ! N - 1, node(Next, Parent)
    end.
