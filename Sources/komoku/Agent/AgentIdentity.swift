internal import Glibc
internal import Komoku
internal import KomokuSystem
internal import KomokuWire
internal import Synchronization

/// Who the agent is, as the hub said: kept in a file, `{"id":"aB3dE6gH","name":"attic"}`; before that `{"instance":"5f3a"}`.
final class AgentIdentity: Sendable {
    private struct State {
        var id: String?
        var name: String
    }

    private let state: Mutex<State>
    private let path: String
    /// Another in each process; the same until the hub has given an id, so that one whose answer was lost is recognized.
    let instance: String

    /// Reads the file, if there is one that can be read.
    ///
    /// - Parameter wanted: what the agent is called until the hub has said it.
    init(path: String, wanted: String) {
        self.path = path
        let file = open(path, O_RDONLY | O_CLOEXEC)
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = file >= 0 ? max(0, read(file, &bytes, bytes.count)) : 0
        if file >= 0 { close(file) }
        let json = (try? JSON(parsing: bytes[..<count])) ?? .null
        let name = json["name"]?.string.flatMap { AgentName.isOne($0) ? $0 : nil }
        let id = json["id"]?.string
        state = Mutex(State(id: id, name: name ?? wanted))
        let kept = id == nil ? json["instance"]?.string : nil
        instance = kept ?? String(UInt64.random(in: 0 ... .max), radix: 16)
        if id == nil, kept == nil { write(["instance": .string(instance)]) }
    }

    var id: String? { state.withLock(\.id) }
    /// `attic` of `hosts.attic.online`.
    var name: String { state.withLock(\.name) }

    /// Keeps what the hub says. Where the file cannot be written the agent is new at its next start, which is said.
    ///
    /// - Returns: whether the name is another now.
    func become(_ welcome: AgentWelcome) -> Bool {
        let (isNew, isRenamed) = state.withLock { state in
            let isRenamed = state.name != welcome.name
            let isNew = isRenamed || state.id != welcome.id
            state = State(id: welcome.id, name: welcome.name)
            return (isNew, isRenamed)
        }
        if isNew { write(["id": .string(welcome.id), "name": .string(welcome.name)]) }
        return isRenamed
    }

    private func write(_ json: JSON) {
        do {
            let part = try PartFile(for: path)
            try writeWhole((json.text + "\n").utf8, to: part.descriptor)
            try part.publish(replacing: true)
        } catch {
            let reason = (error as? PartFile.Failure)?.reason ?? String(cString: strerror(errno))
            Terminal.complain(
                "'\(path.printable)' cannot be written: \(reason); the agent is a new one at its next start")
        }
    }
}
