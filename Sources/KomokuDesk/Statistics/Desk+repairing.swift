internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire

/// Outliers of a counter, and points that are changed by hand.
extension Desk {
    func answer(_ request: RepairRequest, in hub: isolated Hub, _ reply: @escaping Answer) {
        do throws(Refusal) {
            let key = try hub.existing(request.key)
            switch request.action {
            case .list(let range): try list(key, range, request.limit ?? RepairRequest.usualLimit, in: hub, reply)
            case .remove(let time): change(key, at: time, to: nil, in: hub, reply)
            case .set(let time, let value): change(key, at: time, to: value, in: hub, reply)
            case .replaced(let time): replace(key, at: time, isWithdrawn: false, in: hub, reply)
            case .notReplaced(let time): replace(key, at: time, isWithdrawn: true, in: hub, reply)
            case .undo: undo(key, in: hub, reply)
            }
        } catch {
            reply(.error(error))
        }
    }

    private func list(
        _ key: KeyInfo, _ range: HistoryRange, _ limit: Int, in hub: isolated Hub, _ reply: @escaping Answer
    ) throws(Refusal) {
        guard key.type == .counter else {
            throw Refusal(.typeMismatch, "only counters have outliers; '\(key.name)' is \(key.type.rawValue)")
        }
        let now = hub.clock.now
        let bounds = try range.bounds(now: now)
        let query = StatisticsQuery(of: key, bounds: [bounds.lowerBound, bounds.upperBound], now: now)
        hub.store.outliers(query, limit: limit) { result in
            reply(
                Reply(result) { .shape(Outliers(of: key.name.text, $0.map(Outlier.init))) })
        }
    }

    /// - Returns: when it changed something.
    private typealias Change = @Sendable (RepairScene, isolated Hub) throws(Refusal) -> Timestamp

    private func change(
        _ key: KeyInfo, at time: Timestamp, to value: JSON?, in hub: isolated Hub, _ reply: @escaping Answer
    ) {
        look(at: time, of: key, in: hub, reply) { scene, hub throws(Refusal) in
            guard !scene.isClosed else { throw .pointsAreGone(of: key.name) }
            guard let old = scene.point else { throw .invalidQuery("'\(key.name)' has no point at that time") }
            try repairing(key.name) { () throws(Hub.RepairRefusal) in
                try hub.repair(key.name, at: time, to: value, old: old.value)
            }
            return time
        }
    }

    /// Marks, or unmarks, where the meter was replaced.
    private func replace(
        _ key: KeyInfo, at time: Timestamp, isWithdrawn: Bool, in hub: isolated Hub, _ reply: @escaping Answer
    ) {
        look(at: time, of: key, in: hub, reply) { scene, hub throws(Refusal) in
            // A bucket that is cut needs its points.
            guard isWithdrawn || !scene.isClosed || time.microseconds % 3_600_000_000 == 0 else {
                throw .invalidQuery(
                    "of that hour of '\(key.name)' only sums are left: give the beginning of an hour (UTC)")
            }
            try repairing(key.name) { () throws(Hub.RepairRefusal) in
                try hub.replaceMeter(of: key.name, at: time, isWithdrawn: isWithdrawn)
            }
            return time
        }
    }

    private func undo(_ key: KeyInfo, in hub: isolated Hub, _ reply: @escaping Answer) {
        look(at: hub.pointToUndo(of: key.name), of: key, in: hub, reply) { scene, hub throws(Refusal) in
            guard !scene.isClosed else { throw .pointsAreGone(of: key.name) }
            return try repairing(key.name) { () throws(Hub.RepairRefusal) in try hub.undoRepair(key.name) }
        }
    }

    /// Looks what is stored at a time, changes it on the hub's thread, and answers when that is on disk.
    ///
    /// - Parameter time: nil where nothing has to be looked at.
    private func look(
        at time: Timestamp?, of key: KeyInfo, in hub: isolated Hub, _ reply: @escaping Answer,
        then change: @escaping Change
    ) {
        guard let time else { return finish(RepairScene(), key, in: hub, reply, change) }
        hub.store.repairScene(of: key.id, at: time) { result in
            switch result {
            case .failure(let error): reply(.error(.store(error)))
            case .success(let scene): self.hub.enqueue { hub in self.finish(scene, key, in: hub, reply, change) }
            }
        }
    }

    private func finish(
        _ scene: RepairScene, _ key: KeyInfo, in hub: isolated Hub, _ reply: @escaping Answer, _ change: Change
    ) {
        do throws(Refusal) {
            let time = try change(scene, hub)
            let answer = Repaired(key.name.text, at: time)
            hub.whenDurable { reply($0 == .durable ? .shape(answer) : Reply.shape(answer).unstored) }
        } catch {
            reply(.error(error))
        }
    }
}

private func repairing<Result>(
    _ name: KeyName, _ body: () throws(Hub.RepairRefusal) -> Result
) throws(Refusal) -> Result {
    do throws(Hub.RepairRefusal) { return try body() } catch { throw Refusal(error, name) }
}

extension Refusal {
    fileprivate static func pointsAreGone(of name: KeyName) -> Refusal {
        .invalidQuery("points of that hour of '\(name)' are gone, only sums are left: nothing can be corrected there")
    }

    fileprivate init(_ error: Hub.RepairRefusal, _ name: KeyName) {
        self =
            switch error {
            case .unknownKey: .unknownKey(name)
            case .notACounter: Refusal(.typeMismatch, "only meters are replaced, and '\(name)' is no counter")
            case .isNewest:
                .invalidQuery("the newest reading is what '\(name)' is now: set it, or put the right one")
            case .isReplaced: .invalidQuery("the meter of '\(name)' is replaced at that time already")
            case .isNotReplaced: .invalidQuery("the meter of '\(name)' is not replaced at that time")
            case .isAhead: .invalidQuery("that time is still to come")
            case .tooManyReplacements: .invalidQuery("the meter of '\(name)' was replaced too often")
            case .nothingToUndo: .invalidQuery("nothing of '\(name)' can be undone")
            case .refused: Refusal(.invalidValue, "'\(name)' cannot have that value")
            }
    }
}
