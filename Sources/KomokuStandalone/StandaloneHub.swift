public import Komoku
public import KomokuClient
package import KomokuDesk
internal import KomokuHub
internal import KomokuStore
public import KomokuWire
internal import Logging
internal import Synchronization

/// Keys and their history in a database of the program's own, without a server: the interface of a client, and the store, the
/// statistics and the expiry of the hub. One process has a file.
///
/// ```swift
/// let hub = try StandaloneHub(path: "/var/lib/meter/meter.db")
/// try await hub.put("meter.energy", 1234.5)
/// let today = try await hub.statistics(of: "meter.energy", step: "1d")
/// hub.close()
/// ```
public final class StandaloneHub: KeyService {
    package let desk: Desk
    private let caller = Caller("standalone", isLocal: true)

    /// Why a database cannot be used: a sentence with its remedy.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// Opens a database, or makes it. Waits for the disk.
    ///
    /// - Parameters:
    ///   - path: nil keeps all in memory.
    ///   - zone: the time zone of days and months, `Europe/Warsaw`; nil is the system's.
    ///   - commitInterval: how long what nobody waits for may wait for its commit. A put is on disk when it returns.
    ///   - report: is told what needs a person.
    public init(
        path: String?, zone: String? = nil, commitInterval: Komoku.Duration = .seconds(5),
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(Failure) {
        let logger = Logger(label: "komoku") { _ in ReportHandler(report: report) }
        var settings = Store.Configuration(location: path.map { .file($0) } ?? .memory)
        settings.commitInterval = commitInterval
        let store: Store
        do throws(Store.Error) { store = try Store(settings, logger: logger) } catch {
            throw Failure(description: error.description)
        }
        var configuration = Hub.Configuration()
        configuration.timeZone = zone
        desk = Desk(Hub(store: store, configuration: configuration, logger: logger))
        desk.hub.start()
    }

    /// Commits what is there, and closes the database. What is asked for later is not answered.
    public func close() {
        desk.hub.stop()
        desk.hub.store.close()
    }

    public func answer(_ command: String, _ body: JSON) async throws(ClientError) -> JSON {
        guard let name = Command.Name(command, version: .v2) else {
            throw .refused(.invalidQuery, message: "there is no command '\(command.prefix(100))'")
        }
        let read: Command
        do throws(Refusal) { read = try Command(name, body, version: .v2) } catch { throw ClientError(error) }
        return try await reply(to: read)
    }

    private func reply(to command: Command) async throws(ClientError) -> JSON {
        let bytes = await withCheckedContinuation { (continuation: CheckedContinuation<[UInt8], Never>) in
            desk.perform(command, for: caller) { reply in
                var bytes: [UInt8] = []
                reply.write(into: &bytes, version: .v2, queryID: nil)
                continuation.resume(returning: bytes)
            } pieces: { source in
                Self.collect(source, Array(#"{"result":"#.utf8)) { continuation.resume(returning: $0) }
            }
        }
        guard let answer = try? JSON(parsing: bytes) else { throw .failed(code: "store_failed") }
        if let error = answer["error"] {
            throw ClientError(Refusal(code: error.string ?? error.text, answer["message"]?.string))
        }
        return answer
    }

    /// A long answer as a whole: whoever asked for it has it in memory anyway.
    private static func collect(
        _ source: PieceSource, _ before: [UInt8], _ then: @escaping @Sendable ([UInt8]) -> Void
    ) {
        source.next { piece in
            switch piece {
            case .some(let bytes, let rest): collect(rest, before + bytes, then)
            case .last(let bytes): then(before + bytes + [UInt8(ascii: "}")])
            case .failed(let refusal): then(Reply.error(refusal).bytes)
            }
        }
    }

    @discardableResult
    public func put(_ points: [PutPoint]) async throws(ClientError) -> PutReport {
        await withCheckedContinuation { continuation in
            desk.hub.enqueue { [desk, caller] hub in
                var report = PutReport()
                for (place, point) in points.enumerated() {
                    let refusal: Refusal?
                    if let key = KeyName(point.key) {
                        let put = PutRequest(key, point.value, at: point.time, waits: false)
                        refusal = desk.execute(.put(put), for: caller, in: hub).refusal
                    } else {
                        refusal = Refusal(.invalidKey, "'\(point.key.prefix(300))' cannot be the name of a key")
                    }
                    report.note(refusal, at: place)
                }
                let told = report
                hub.whenDurable { outcome in continuation.resume(returning: told.stored(outcome == .durable)) }
            }
        }
    }

    public func watch(_ pattern: String, initial: Bool, every: Bool) async throws(ClientError) -> KeyWatch {
        guard let pattern = try? KeyPattern(validating: pattern) else {
            throw .refused(.invalidQuery, message: "'\(pattern.prefix(300))' is no pattern of keys")
        }
        let (wakes, waker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let subscriber = Subscriber { waker.yield() }
        let isTaken = await withCheckedContinuation { continuation in
            desk.hub.enqueue { hub in
                continuation.resume(
                    returning: hub.subscribe(subscriber, to: .pattern(pattern), every: every, initial: initial))
            }
        }
        guard isTaken else { throw .refused(.invalidQuery, message: "there are too many watches; end some") }
        let waiting = WaitingChanges(subscriber, wakes)
        return KeyWatch(
            next: { await waiting.next().map { .item($0) } },
            end: { [desk] in
                waker.finish()
                desk.hub.enqueue { $0.remove(subscriber) }
            })
    }
}

/// Changes on their way to one reader.
private actor WaitingChanges {
    private let subscriber: Subscriber
    private var wakes: AsyncStream<Void>.AsyncIterator
    private var ready: [KeyChange] = []

    init(_ subscriber: Subscriber, _ wakes: AsyncStream<Void>) {
        (self.subscriber, self.wakes) = (subscriber, wakes.makeAsyncIterator())
    }

    /// Nil once the watch was ended.
    func next() async -> KeyChange? {
        while ready.isEmpty {
            ready = subscriber.drain(max: 128).map(KeyChange.init).reversed()
            if !ready.isEmpty { break }
            var iterator = wakes
            guard await iterator.next(isolation: self) != nil else { return nil }
            wakes = iterator
        }
        return ready.popLast()
    }
}

extension ClientError {
    fileprivate init(_ refusal: Refusal) {
        self =
            CommandError(rawValue: refusal.code).map { .refused($0, message: refusal.message) }
            ?? .failed(code: refusal.code, message: refusal.message)
    }
}

extension Reply {
    fileprivate var bytes: [UInt8] {
        var bytes: [UInt8] = []
        write(into: &bytes, version: .v2, queryID: nil)
        return bytes
    }
}

extension Result where Success == Desk.Outcome, Failure == Refusal {
    fileprivate var refusal: Refusal? { if case .failure(let refusal) = self { refusal } else { nil } }
}

extension PutReport {
    fileprivate mutating func note(_ refusal: Refusal?, at place: Int) {
        if let refusal { refused.append(Refused(place, refusal)) } else { taken += 1 }
    }

    fileprivate func stored(_ isStored: Bool) -> PutReport {
        var report = self
        report.isStored = isStored
        return report
    }
}
