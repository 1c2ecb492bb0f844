//! An SSH server on the loopback interface, and terminals of tmux that are clients of it. All of
//! it ends with its values, on a panic too.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::skip::skipped;
use super::wait_until;

const PATIENCE: Duration = Duration::from_secs(60);

/// An absolute path is what sshd insists on.
const SSHD: &str = "/usr/sbin/sshd";

/// Keys, configuration and log of a server in a folder of its own.
pub struct Server {
    folder: tempfile::TempDir,
    sshd: Child,
}

impl Server {
    /// `None`, and a line that says why, where this machine cannot do it.
    pub fn start() -> Option<Server> {
        let tools = [(SSHD, "-?"), ("ssh", "-V"), ("ssh-keygen", "-?"), ("tmux", "-V")];
        for (tool, flag) in tools {
            if Command::new(tool).arg(flag).output().is_err() {
                skipped(&format!("there is no {tool} here"));
                return None;
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        configure(folder.path(), port);
        // Where the server runs as root it wants an empty folder of this name.
        let _ = fs::create_dir_all("/run/sshd");
        let sshd = Command::new(SSHD)
            .arg("-D")
            .arg("-f")
            .arg(folder.path().join("sshd_config"))
            .arg("-E")
            .arg(folder.path().join("sshd.log"))
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut server = Server { folder, sshd };
        server.is_usable(port).then_some(server)
    }

    fn is_usable(&mut self, port: u16) -> bool {
        let start = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if self.sshd.try_wait().unwrap().is_some() || start.elapsed() > PATIENCE {
                skipped(&format!("sshd does not start here: {}", self.log().trim()));
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let config = self.client_config();
        let login = Command::new("ssh").arg("-F").arg(config).args(["server", "true"]).output();
        let output = login.unwrap();
        if !output.status.success() {
            skipped(&format!("nobody may log in here: {output:?} {}", self.log().trim()));
        }
        output.status.success()
    }

    fn client_config(&self) -> PathBuf {
        self.folder.path().join("ssh_config")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("sshd.log")).unwrap_or_default()
    }

    /// What a shell types to have `command` run on the other side, on a terminal.
    pub fn client(&self, command: &str) -> String {
        format!("exec ssh -tt -F '{}' server \"{command}\"", self.client_config().display())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.sshd.kill();
        let _ = self.sshd.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn configure(folder: &Path, port: u16) {
    for key in ["host", "user"] {
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(folder.join(key))
            .status();
        assert!(made.unwrap().success());
    }
    let at = |name: &str| folder.join(name).display().to_string();
    let server = format!(
        "ListenAddress 127.0.0.1\nPort {port}\nHostKey {}\nPidFile none\nAuthorizedKeysFile {}\n\
         StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
         AcceptEnv LANG LC_* COLORTERM\n",
        at("host"),
        at("user.pub")
    );
    fs::write(folder.join("sshd_config"), server).unwrap();
    let client = format!(
        "Host server\n HostName 127.0.0.1\n Port {port}\n IdentityFile {}\n IdentitiesOnly yes\n \
         BatchMode yes\n StrictHostKeyChecking no\n UserKnownHostsFile {}\n LogLevel ERROR\n \
         SendEnv LANG COLORTERM\n",
        at("user"),
        at("known_hosts")
    );
    fs::write(folder.join("ssh_config"), client).unwrap();
}

/// A server of tmux with its own socket and no one's configuration.
pub struct Tmux {
    socket: PathBuf,
}

impl Tmux {
    pub fn at(socket: PathBuf) -> Tmux {
        Tmux { socket }
    }

    /// The beginning of any command for this server.
    pub fn words(&self) -> String {
        format!("env -u TMUX tmux -u -S '{}' -f /dev/null", self.socket.display())
    }

    fn tmux(&self, arguments: &[&str]) -> Output {
        Command::new("tmux")
            .arg("-u")
            .arg("-S")
            .arg(&self.socket)
            .args(["-f", "/dev/null"])
            .args(arguments)
            .env_remove("TMUX")
            .env_remove("NO_COLOR")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Opens a window of 80x24 on what a shell makes of `command`.
    pub fn open(&self, window: &str, command: &str) {
        let size = ["-x", "80", "-y", "24"];
        let output = self
            .tmux(&[&["new-session", "-d", "-s", window][..], &size[..], &[command][..]].concat());
        assert!(output.status.success(), "{output:?}");
    }

    /// Presses keys by tmux's names, or types what is none.
    pub fn press(&self, window: &str, keys: &[&str]) {
        let output = self.tmux(&[&["send-keys", "-t", window][..], keys].concat());
        assert!(output.status.success(), "{output:?}");
    }

    pub fn resize(&self, window: &str, columns: u16, rows: u16) {
        let (columns, rows) = (columns.to_string(), rows.to_string());
        let output = self.tmux(&["resize-window", "-t", window, "-x", &columns, "-y", &rows]);
        assert!(output.status.success(), "{output:?}");
    }

    pub fn text(&self, window: &str) -> String {
        String::from_utf8_lossy(&self.tmux(&["capture-pane", "-p", "-t", window]).stdout).into()
    }

    pub fn wait_for(&self, window: &str, words: &str) {
        let start = Instant::now();
        while !self.text(window).contains(words) {
            let text = self.text(window);
            assert!(start.elapsed() < PATIENCE, "waited in vain for '{words}':\n{text}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn wait_for_the_end(&self, window: &str) {
        wait_until("the window is closed", || {
            !self.tmux(&["has-session", "-t", window]).status.success()
        });
    }

    /// Kills what runs in the window: here a client of SSH, so its link is cut.
    pub fn kill(&self, window: &str) {
        let output = self.tmux(&["display-message", "-p", "-t", window, "#{pane_pid}"]);
        let pid = String::from_utf8_lossy(&output.stdout).trim().parse().unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
        self.wait_for_the_end(window);
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}
