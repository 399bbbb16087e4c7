%% A thousand connections over the loopback, a process at each end of each: requests of 32 bytes are answered with the
%% same.
-module(tcp_echo).
-export([main/0]).

main() ->
    {ok, Server} = gen_tcp:listen(0, [binary, {active, false}, {backlog, 1024}, {nodelay, true}]),
    {ok, Port} = inet:port(Server),
    spawn(fun() -> accept_all(Server) end),
    Me = self(),
    Clients = [spawn(fun() -> ask(Me, Port, 100) end) || _ <- lists:seq(1, 1000)],
    [receive ready -> ok end || _ <- Clients],
    Start = erlang:monotonic_time(microsecond),
    [Client ! go || Client <- Clients],
    Sum = lists:sum([receive N when is_integer(N) -> N end || _ <- Clients]),
    io:format(standard_error, "time_ms=~p~n", [(erlang:monotonic_time(microsecond) - Start) / 1000]),
    io:format("~p~n", [Sum]).

accept_all(Server) ->
    {ok, Connection} = gen_tcp:accept(Server),
    Pid = spawn(fun() -> receive start -> serve(Connection) end end),
    ok = gen_tcp:controlling_process(Connection, Pid),
    Pid ! start,
    accept_all(Server).

serve(Connection) ->
    case gen_tcp:recv(Connection, 0) of
        {ok, Bytes} -> ok = gen_tcp:send(Connection, Bytes), serve(Connection);
        {error, closed} -> gen_tcp:close(Connection)
    end.

ask(Parent, Port, Count) ->
    {ok, Connection} = gen_tcp:connect("127.0.0.1", Port, [binary, {active, false}, {nodelay, true}]),
    Parent ! ready,
    receive go -> ok end,
    Parent ! ask(Connection, binary:copy(<<"x">>, 32), Count, 0),
    gen_tcp:close(Connection).

ask(_, _, 0, Sum) -> Sum;
ask(Connection, Request, Count, Sum) ->
    ok = gen_tcp:send(Connection, Request),
    {ok, Bytes} = gen_tcp:recv(Connection, 32),
    ask(Connection, Request, Count - 1, Sum + byte_size(Bytes)).
