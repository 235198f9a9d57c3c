internal import CSpawn
internal import Glibc

/// Starts a program: in a session and a process group of its own, with default signals, and with no descriptor but those
/// that it is given.
enum Spawn {
    /// A descriptor of ours and the number under which the program has it.
    typealias Descriptor = (ours: Int32, theirs: Int32)

    /// - Returns: its process, which leads its group.
    static func start(_ job: ProgramJob, _ descriptors: [Descriptor]) throws(ProgramFailure) -> pid_t {
        if let fault = job.fault { throw fault }
        if let directory = job.directory, !isDirectory(directory) {
            throw ProgramFailure("there is no directory '\(directory.prefix(200))'", isTransient: false)
        }
        guard let path = path(of: job.name, in: job.environment["PATH"] ?? "") else {
            throw ProgramFailure("there is no program \(job.shown)", isTransient: false)
        }
        var process: pid_t = 0
        let code = withActions(job.directory, descriptors) { actions in
            withAttributes { attributes in
                withPointers(job.words) { words in
                    withPointers(job.environment.map { "\($0.key)=\($0.value)" }) { environment in
                        posix_spawn(&process, path, actions, attributes, words, environment)
                    }
                }
            }
        }
        guard code == 0 else { throw fault(code, path: path, job) }
        return process
    }

    private static func fault(_ code: Int32, path: String, _ job: ProgramJob) -> ProgramFailure {
        switch code {
        case ENOENT where access(path, F_OK) == 0:
            ProgramFailure("\(job.shown) starts with '#!' and a program that does not exist", isTransient: false)
        case ENOENT: ProgramFailure("there is no program \(job.shown)", isTransient: false)
        case EACCES: ProgramFailure("\(job.shown) may not be executed; chmod +x may be missing", isTransient: false)
        case ENOEXEC: ProgramFailure("\(job.shown) is no program; a script starts with '#!'", isTransient: false)
        case E2BIG: ProgramFailure("\(job.shown) is given more than the system allows", isTransient: false)
        default: ProgramFailure("\(job.shown) cannot be started: \(String(cString: strerror(code)))")
        }
    }

    /// A name with a slash is a path already, and what is relative counts from the program's directory.
    private static func path(of name: String, in list: String) -> String? {
        if name.utf8.contains(UInt8(ascii: "/")) { return name }
        var denied: String?
        for folder in list.split(separator: ":") where folder.utf8.first == UInt8(ascii: "/") {
            let path = "\(folder)/\(name)"
            guard access(path, F_OK) == 0, !isDirectory(path) else { continue }
            if access(path, X_OK) == 0 { return path }
            denied = denied ?? path
        }
        return denied
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private static func withActions(
        _ directory: String?, _ descriptors: [Descriptor],
        _ body: (UnsafePointer<posix_spawn_file_actions_t>) -> Int32
    ) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        var code = posix_spawn_file_actions_init(&actions)
        guard code == 0 else { return code }
        defer { posix_spawn_file_actions_destroy(&actions) }
        func add(_ next: Int32) { if code == 0 { code = next } }
        if !descriptors.contains(where: { $0.theirs == 0 }) {
            add(posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0))
        }
        for descriptor in descriptors {
            add(posix_spawn_file_actions_adddup2(&actions, descriptor.ours, descriptor.theirs))
        }
        // Whatever a library opened without close-on-exec ends here, too.
        let last = descriptors.map(\.theirs).max() ?? 2
        add(posix_spawn_file_actions_addclosefrom_np(&actions, max(2, last) + 1))
        if let directory { add(posix_spawn_file_actions_addchdir_np(&actions, directory)) }
        return code == 0 ? body(&actions) : code
    }

    private static func withAttributes(_ body: (UnsafePointer<posix_spawnattr_t>) -> Int32) -> Int32 {
        var attributes = posix_spawnattr_t()
        let code = posix_spawnattr_init(&attributes)
        guard code == 0 else { return code }
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        // What the hub ignores, a program would ignore too.
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        // Without a terminal: one that asks for a password there fails instead of waiting for ever.
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF) | spawn_setsid)
        return body(&attributes)
    }

    private static func withPointers(
        _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32
    ) -> Int32 {
        var pointers: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        guard pointers.dropLast().allSatisfy({ $0 != nil }) else { return ENOMEM }
        return pointers.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { body($0) } ?? ENOMEM
        }
    }
}
