//! What a process may do outside the VM. Permissions are inherited by the processes that it starts, which may be given
//! fewer, and never more.

/// Of one kind of thing: all of them, or those named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Access {
    #[default]
    All,
    /// Paths with all below them, hosts with or without `:port`, names of variables or programs. None is nothing at all.
    Only(Vec<String>),
}

macro_rules! permissions {
    ($($kind:ident $doc:literal,)*) => {
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Permissions {
            $(#[doc = $doc] pub $kind: Access,)*
        }

        impl Permissions {
            /// The kinds, as programs name them.
            pub const KINDS: &'static [&'static str] = &[$(stringify!($kind)),*];

            /// Nothing at all.
            pub fn none() -> Permissions {
                Permissions { $($kind: Access::Only(Vec::new()),)* }
            }

            pub fn kind_mut(&mut self, kind: &str) -> Option<&mut Access> {
                match kind {
                    $(stringify!($kind) => Some(&mut self.$kind),)*
                    _ => None,
                }
            }

            /// The first kind in which this is more than `other` has.
            pub fn more_than(&self, other: &Permissions) -> Option<&'static str> {
                $(if !self.$kind.is_within(&other.$kind, stringify!($kind)) {
                    return Some(stringify!($kind));
                })*
                None
            }
        }
    };
}
permissions! {
    read "Files and folders to read.",
    write "Files and folders to write, make and remove.",
    net "Hosts to connect to, and addresses to listen on.",
    env "Variables of the environment.",
    run "Programs to start.",
    ffi "Shared libraries to load as extensions.",
}

impl Access {
    /// Whether something is among what is named. Paths must be whole, without `..` and links.
    pub fn allows(&self, name: &str, kind: &str) -> bool {
        match self {
            Access::All => true,
            Access::Only(names) => names.iter().any(|allowed| match kind {
                "read" | "write" | "ffi" => is_below(name, allowed),
                "net" => reaches(name, allowed),
                _ => name == allowed,
            }),
        }
    }

    fn is_within(&self, other: &Access, kind: &str) -> bool {
        match (self, other) {
            (_, Access::All) => true,
            (Access::All, Access::Only(_)) => false,
            (Access::Only(names), other) => names.iter().all(|name| other.allows(name, kind)),
        }
    }
}

/// A host without a port stands for all its ports.
fn reaches(name: &str, allowed: &str) -> bool {
    let ((host, port), (allowed_host, allowed_port)) = (host_of(name), host_of(allowed));
    host == allowed_host && (allowed_port.is_none() || port == allowed_port)
}

/// A host in the one spelling that is compared, and the port behind it: `Example.org.:80`, `::1`, `[::1]:80`.
fn host_of(name: &str) -> (String, Option<u16>) {
    let (host, port) = match name.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':').and_then(|port| port.parse().ok())),
        None => match name.rsplit_once(':') {
            // More than one colon is an address of IPv6, without a port.
            Some((host, port)) if !host.contains(':') && port.parse::<u16>().is_ok() => {
                (host, port.parse().ok())
            }
            _ => (name, None),
        },
    };
    match host.parse::<std::net::IpAddr>() {
        Ok(address) => (address.to_string(), port),
        Err(_) => (host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase(), port),
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(names: &[&str]) -> Access {
        Access::Only(names.iter().map(|name| name.to_string()).collect())
    }

    #[test]
    fn a_folder_stands_for_all_below_it_and_nothing_beside_it() {
        let access = only(&["/tmp/a"]);
        assert!(access.allows("/tmp/a", "read") && access.allows("/tmp/a/b", "read"));
        assert!(!access.allows("/tmp/ab", "read") && !access.allows("/tmp", "read"));
        assert!(only(&["/"]).allows("/etc", "read"));
        let hosts = only(&["localhost", "example.org:80"]);
        assert!(hosts.allows("localhost:99", "net") && hosts.allows("example.org:80", "net"));
        assert!(!hosts.allows("example.org:81", "net"));
    }

    #[test]
    fn a_host_is_the_same_in_every_spelling_and_no_other() {
        let hosts = only(&["Example.org.", "[::1]:80", "fe80::1:80", "10.0.0.1"]);
        assert!(hosts.allows("EXAMPLE.org:80", "net") && hosts.allows("example.org.:81", "net"));
        assert!(hosts.allows("[0:0:0:0:0:0:0:1]:80", "net") && !hosts.allows("[::1]:81", "net"));
        // The end of an address is not the port of a shorter one.
        assert!(hosts.allows("[fe80::1:80]:443", "net") && !hosts.allows("[fe80::1]:80", "net"));
        assert!(!hosts.allows("10.0.0.1.example.org:80", "net") && !hosts.allows("[10.0.0.1:80]:90", "net"));
        assert!(!hosts.allows("x.example.org:80", "net") && !hosts.allows("example.org@evil:80", "net"));
        assert!(
            only(&["a:80"]).is_within(&only(&["a"]), "net")
                && !only(&["a"]).is_within(&only(&["a:80"]), "net")
        );
    }

    #[test]
    fn permissions_are_compared_kind_by_kind() {
        let all = Permissions::default();
        let some = Permissions { read: only(&["/tmp"]), ..Permissions::none() };
        assert_eq!(some.more_than(&all), None);
        assert_eq!(all.more_than(&some), Some("read"));
        let fewer = Permissions { read: only(&["/tmp/x"]), ..Permissions::none() };
        assert_eq!(fewer.more_than(&some), None);
        assert_eq!(some.more_than(&fewer), Some("read"));
    }
}
