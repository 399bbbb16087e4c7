//! Ctrl-C while an entry runs: a thread waits for it and stops the entry, so the prompt itself lives on.

/// Calls `stop` at each Ctrl-C from now on. While a line is edited the terminal gives Ctrl-C as a key instead.
pub fn watch(stop: impl Fn() + Send + 'static) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    std::thread::Builder::new().name("interrupt".to_string()).spawn(move || {
        runtime.block_on(async {
            while tokio::signal::ctrl_c().await.is_ok() {
                stop();
            }
        });
    })?;
    Ok(())
}
