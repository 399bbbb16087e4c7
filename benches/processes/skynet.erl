%% A tree of processes, ten below each, with a million leaves whose numbers are added up.
-module(skynet).
-export([main/0]).

main() ->
    Start = erlang:monotonic_time(microsecond),
    Me = self(),
    spawn(fun() -> skynet(Me, 0, 1000000) end),
    Sum = receive N -> N end,
    io:format(standard_error, "time_ms=~p~n", [(erlang:monotonic_time(microsecond) - Start) / 1000]),
    io:format("~p~n", [Sum]).

skynet(Parent, Number, 1) -> Parent ! Number;
skynet(Parent, Number, Size) ->
    Part = Size div 10,
    Me = self(),
    [spawn(fun() -> skynet(Me, Number + I * Part, Part) end) || I <- lists:seq(0, 9)],
    Parent ! lists:sum([receive N -> N end || _ <- lists:seq(1, 10)]).
