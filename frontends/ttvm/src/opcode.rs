//! The table of opcodes: one row is a word of the assembly, what its operand is, what it takes from the stack and
//! leaves there, and how the support module does it when no instruction of the engine does.

/// What follows an opcode in its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperandKind {
    None,
    Int,
    Float,
    Str,
    Bool,
    /// A name, quoted or not.
    Name,
    /// An address or a label.
    Target,
    /// A label; `TRY` takes no address.
    Label,
    /// An address or label, then names of parameters.
    Call,
    Count,
    /// A process number, or nothing.
    Pid,
    /// A name, quoted or not, or nothing.
    NameOrNone,
    /// The name of a variable, a field or an export, as it stands there.
    Word,
    /// The same, or nothing.
    WordOrNone,
    /// A number of milliseconds, or nothing.
    Milliseconds,
    /// A path, quoted or not.
    Path,
}

/// How an opcode is lowered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By code of its own in the lowering.
    Own,
    /// A call of this function of the support module, with so many values of the stack, leaving one value.
    Value(&'static str, u8),
    /// The same, leaving nothing.
    Effect(&'static str, u8),
    /// It has no sound meaning here, for this reason.
    Refused(&'static str),
}

/// Calls `$callback!` with every row.
macro_rules! for_each_opcode {
    ($callback:ident) => {
        $callback! {
            (PushInt, "PUSH_INT", Int, Way::Own), (PushFloat, "PUSH_FLOAT", Float, Way::Own),
            (PushStr, "PUSH_STR", Str, Way::Own), (PushBool, "PUSH_BOOL", Bool, Way::Own),
            (True, "TRUE", None, Way::Own), (False, "FALSE", None, Way::Own), (Null, "NULL", None, Way::Own),
            (Dup, "DUP", None, Way::Own), (Print, "PRINT", None, Way::Effect("print_value", 1)),
            (DumpScope, "DUMP_SCOPE", None, Way::Own),
            (Add, "ADD", None, Way::Value("add", 2)), (Sub, "SUB", None, Way::Value("sub", 2)),
            (Mul, "MUL", None, Way::Value("mul", 2)), (Div, "DIV", None, Way::Value("div", 2)),
            (Mod, "MOD", None, Way::Value("mod", 2)), (Concat, "CONCAT", None, Way::Value("concat", 2)),
            (AddF, "ADD_F", None, Way::Value("add_f", 2)), (SubF, "SUB_F", None, Way::Value("sub_f", 2)),
            (MulF, "MUL_F", None, Way::Value("mul_f", 2)), (DivF, "DIV_F", None, Way::Value("div_f", 2)),
            (Eq, "EQ", None, Way::Value("equal", 2)), (Ne, "NE", None, Way::Value("not_equal", 2)),
            (Lt, "LT", None, Way::Value("less", 2)), (Gt, "GT", None, Way::Value("greater", 2)),
            (Le, "LE", None, Way::Value("less_equal", 2)), (Ge, "GE", None, Way::Value("greater_equal", 2)),
            (EqF, "EQ_F", None, Way::Value("equal_f", 2)), (NeF, "NE_F", None, Way::Value("not_equal_f", 2)),
            (LtF, "LT_F", None, Way::Value("less_f", 2)), (GtF, "GT_F", None, Way::Value("greater_f", 2)),
            (LeF, "LE_F", None, Way::Value("less_equal_f", 2)), (GeF, "GE_F", None, Way::Value("greater_equal_f", 2)),
            (Not, "NOT", None, Way::Value("not_", 1)), (And, "AND", None, Way::Value("and_", 2)),
            (Or, "OR", None, Way::Value("or_", 2)),
            (Jmp, "JMP", Target, Way::Own), (Jz, "JZ", Target, Way::Own), (Halt, "HALT", None, Way::Own),
            (Exit, "EXIT", None, Way::Effect("leave", 1)),
            (Store, "STORE", Word, Way::Own), (Load, "LOAD", Word, Way::Own), (Delete, "DELETE", Word, Way::Own),
            (Call, "CALL", Call, Way::Own), (Ret, "RET", None, Way::Own),
            (MakeFunction, "MAKE_FUNCTION", Call, Way::Own), (MakeLambda, "MAKE_LAMBDA", Call, Way::Own),
            (CallFunction, "CALL_FUNCTION", None, Way::Own), (Capture, "CAPTURE", Word, Way::Own),
            (Try, "TRY", Label, Way::Own), (Catch, "CATCH", WordOrNone, Way::Own), (EndTry, "END_TRY", None, Way::Own),
            (Throw, "THROW", None, Way::Own),
            (MakeList, "MAKE_LIST", Count, Way::Own), (Len, "LEN", None, Way::Value("length", 1)),
            (Index, "INDEX", None, Way::Value("index", 2)),
            (MakeObject, "MAKE_OBJECT", None, Way::Own), (SetField, "SET_FIELD", Word, Way::Value("set_field", 2)),
            (GetField, "GET_FIELD", Word, Way::Value("get_field", 1)),
            (HasField, "HAS_FIELD", Word, Way::Value("has_field", 1)),
            (DeleteField, "DELETE_FIELD", Word, Way::Value("delete_field", 1)),
            (Keys, "KEYS", None, Way::Value("keys", 1)),
            (Import, "IMPORT", Path, Way::Own), (Export, "EXPORT", Word, Way::Own),
            (ReadFile, "READ_FILE", None, Way::Value("read_file", 1)),
            (WriteFile, "WRITE_FILE", None, Way::Effect("write_file", 2)),
            (AppendFile, "APPEND_FILE", None, Way::Effect("append_file", 2)),
            (ReadBytes, "READ_BYTES", None, Way::Value("read_bytes", 1)),
            (WriteBytes, "WRITE_BYTES", None, Way::Effect("write_bytes", 2)),
            (FileExists, "FILE_EXISTS", None, Way::Value("file_exists", 1)),
            (FileSize, "FILE_SIZE", None, Way::Value("file_size", 1)),
            (DeleteFile, "DELETE_FILE", None, Way::Effect("delete_file", 1)),
            (ListDir, "LIST_DIR", None, Way::Value("list_dir", 1)),
            (ReadLine, "READ_LINE", None, Way::Value("input_line", 0)),
            (ReadChar, "READ_CHAR", None, Way::Value("input_char", 0)),
            (ReadInput, "READ_INPUT", None, Way::Value("input_all", 0)),
            (GetEnv, "GET_ENV", None, Way::Value("get_env", 1)), (SetEnv, "SET_ENV", None, Way::Effect("set_env", 2)),
            (GetArgs, "GET_ARGS", None, Way::Value("get_args", 0)),
            (Exec, "EXEC", None, Way::Value("exec", 2)),
            (ExecCapture, "EXEC_CAPTURE", None, Way::Value("exec_capture", 2)),
            (GetTime, "GET_TIME", None, Way::Value("get_time", 0)),
            (Sleep, "SLEEP", Milliseconds, Way::Own),
            (FormatTime, "FORMAT_TIME", None, Way::Value("format_time", 2)),
            (JsonParse, "JSON_PARSE", None, Way::Value("json_parse", 1)),
            (JsonStringify, "JSON_STRINGIFY", None, Way::Value("json_stringify", 1)),
            (CsvParse, "CSV_PARSE", None, Way::Value("csv_parse", 1)),
            (CsvWrite, "CSV_WRITE", None, Way::Value("csv_write", 1)),
            (RegexMatch, "REGEX_MATCH", None, Way::Value("regex_match", 2)),
            (RegexFind, "REGEX_FIND", None, Way::Value("regex_find", 2)),
            (RegexReplace, "REGEX_REPLACE", None, Way::Value("regex_replace", 3)),
            (AsyncRead, "ASYNC_READ", None, Way::Value("async_read", 1)),
            (AsyncWrite, "ASYNC_WRITE", None, Way::Value("async_write", 2)),
            (Await, "AWAIT", None, Way::Value("await_", 1)),
            (HttpGet, "HTTP_GET", None, Way::Value("http_get", 1)), (HttpPost, "HTTP_POST", None, Way::Value("http_post", 2)),
            (TcpConnect, "TCP_CONNECT", None, Way::Value("tcp_connect", 2)),
            (TcpListen, "TCP_LISTEN", None, Way::Value("tcp_listen", 1)),
            (TcpSend, "TCP_SEND", None, Way::Value("tcp_send", 2)), (TcpRecv, "TCP_RECV", None, Way::Value("tcp_recv", 2)),
            (UdpBind, "UDP_BIND", None, Way::Value("udp_bind", 1)), (UdpSend, "UDP_SEND", None, Way::Value("udp_send", 4)),
            (UdpRecv, "UDP_RECV", None, Way::Value("udp_recv", 2)), (DnsResolve, "DNS_RESOLVE", None, Way::Value("dns_resolve", 1)),
            (StreamCreate, "STREAM_CREATE", None, Way::Value("stream_create", 1)),
            (StreamRead, "STREAM_READ", None, Way::Value("stream_read", 2)),
            (StreamWrite, "STREAM_WRITE", None, Way::Value("stream_write", 2)),
            (StreamClose, "STREAM_CLOSE", None, Way::Value("stream_close", 1)),
            (Compress, "COMPRESS", None, Way::Value("compress_", 1)), (Decompress, "DECOMPRESS", None, Way::Value("decompress_", 1)),
            (Hash, "HASH", None, Way::Value("hash_", 2)), (Encrypt, "ENCRYPT", None, Way::Refused(NO_CIPHER)),
            (Decrypt, "DECRYPT", None, Way::Refused(NO_CIPHER)),
            (DbConnect, "DB_CONNECT", None, Way::Refused(NO_DATABASE)), (DbQuery, "DB_QUERY", None, Way::Refused(NO_DATABASE)),
            (DbExec, "DB_EXEC", None, Way::Refused(NO_DATABASE)),
            (Spawn, "SPAWN", None, Way::Own), (Send, "SEND", Pid, Way::Own),
            (Receive, "RECEIVE", None, Way::Value("take_message", 0)),
            (ReceiveMatch, "RECEIVE_MATCH", None, Way::Value("take_matching", 1)),
            (Register, "REGISTER", Name, Way::Own), (Unregister, "UNREGISTER", Name, Way::Own),
            (Whereis, "WHEREIS", Name, Way::Own), (SendNamed, "SENDNAMED", Name, Way::Own),
            (Monitor, "MONITOR", Pid, Way::Own), (Demonitor, "DEMONITOR", NameOrNone, Way::Own),
            (Link, "LINK", Pid, Way::Own), (Unlink, "UNLINK", Pid, Way::Own),
            (TrapExit, "TRAP_EXIT", None, Way::Effect("trap", 1)),
            (Yield, "YIELD", None, Way::Effect("yield_now", 0)),
            (StartSupervisor, "START_SUPERVISOR", None, Way::Own),
            (SuperviseChild, "SUPERVISE_CHILD", Name, Way::Own),
            (RestartChild, "RESTART_CHILD", Name, Way::Own),
        }
    };
}

const NO_CIPHER: &str = "the notation does not say which cipher, and a home-made one would protect nothing";
const NO_DATABASE: &str = "databases have no defined meaning in this notation";

macro_rules! define_opcode {
    ($(($name:ident, $word:literal, $operand:ident, $way:expr)),* $(,)?) => {
        /// A word of the assembly.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Opcode { $($name,)* }

        impl Opcode {
            /// Every opcode with its word.
            #[cfg(test)]
            pub const ALL: &'static [(Opcode, &'static str)] = &[$((Opcode::$name, $word),)*];

            pub fn operand(self) -> OperandKind {
                match self { $(Opcode::$name => OperandKind::$operand,)* }
            }

            pub fn way(self) -> Way {
                match self { $(Opcode::$name => $way,)* }
            }

            pub fn word(self) -> &'static str {
                match self { $(Opcode::$name => $word,)* }
            }

            pub fn from_word(word: &str) -> Option<Opcode> {
                match word { $($word => Some(Opcode::$name),)* _ => None }
            }
        }
    };
}
for_each_opcode!(define_opcode);
