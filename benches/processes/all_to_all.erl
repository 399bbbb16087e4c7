%% A thousand processes, each of which sends a message to every one.
-module(all_to_all).
-export([main/0]).

main() ->
    Count = 1000,
    Start = erlang:monotonic_time(microsecond),
    Me = self(),
    Peers = [spawn(fun() -> worker(Me, Count) end) || _ <- lists:seq(1, Count)],
    [Peer ! {peers, Peers} || Peer <- Peers],
    Total = collect(Count, 0),
    io:format(standard_error, "time_ms=~p~n", [(erlang:monotonic_time(microsecond) - Start) / 1000]),
    io:format("~p~n", [Total]).

worker(Parent, Count) ->
    Peers = receive {peers, List} -> List end,
    [Peer ! 1 || Peer <- Peers],
    Parent ! collect(Count, 0).

collect(0, Sum) -> Sum;
collect(Left, Sum) -> receive N -> collect(Left - 1, Sum + N) end.
