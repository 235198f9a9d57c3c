internal import Komoku
internal import KomokuHub
internal import KomokuStore

/// Outliers of a counter, and points that are changed by hand.
extension CommandRun {
    func answer(_ request: RepairRequest, in hub: isolated Hub, _ reply: @escaping Answer) {
        do throws(Refusal) {
            let key = try hub.existing(request.key)
            switch request.action {
            case .list(let range, let limit): try list(key, range, limit, in: hub, reply)
            case .remove(let time): change(key, at: time, to: nil, in: hub, reply)
            case .set(let time, let value): change(key, at: time, to: value, in: hub, reply)
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
                Reply(result) { outliers in
                    .json(["key": .string(key.name.text), "outliers": .array(outliers.map(JSON.init))])
                })
        }
    }

    private func change(
        _ key: KeyInfo, at time: Timestamp, to value: JSON?, in hub: isolated Hub, _ reply: @escaping Answer
    ) {
        hub.store.repairScene(of: key.id, at: time) { result in
            switch result {
            case .failure(let error): reply(.error(.store(error)))
            case .success(let scene):
                if let since = scene.rawSince, time < since {
                    let begin = DecimalNumber.text(since.seconds)
                    return reply(.error(.invalidQuery("points before \(begin) are gone, only sums are left")))
                }
                guard let old = scene.point else {
                    return reply(.error(.invalidQuery("'\(key.name)' has no point at that time")))
                }
                context.hub.enqueue { hub in
                    do throws(Hub.RepairError) {
                        try hub.repair(key.name, at: time, to: value, old: old.value)
                        confirm(key, time, in: hub, reply)
                    } catch {
                        reply(.error(Refusal(error, key.name)))
                    }
                }
            }
        }
    }

    private func undo(_ key: KeyInfo, in hub: isolated Hub, _ reply: @escaping Answer) {
        do throws(Hub.RepairError) {
            confirm(key, try hub.undoRepair(key.name), in: hub, reply)
        } catch {
            reply(.error(Refusal(error, key.name)))
        }
    }

    /// Answers when it is on disk.
    private func confirm(_ key: KeyInfo, _ time: Timestamp, in hub: isolated Hub, _ reply: @escaping Answer) {
        let answer: JSON = ["key": .string(key.name.text), "time": .number(time.seconds)]
        hub.whenDurable { _ in reply(.json(answer)) }
    }
}

extension JSON {
    fileprivate init(_ outlier: CounterOutlier) {
        self = [
            "time": .number(outlier.time.seconds), "value": .number(outlier.value),
            "before": outlier.before.map { .number($0) } ?? .null, "kind": .string(outlier.kind.rawValue),
            "increase": .number(outlier.increase),
        ]
    }
}

extension Refusal {
    fileprivate init(_ error: Hub.RepairError, _ name: KeyName) {
        switch error {
        case .unknownKey: self = .unknownKey(name)
        case .isNewest:
            self = .invalidQuery("the newest reading is what '\(name)' is now: set it, or put the right one")
        case .nothingToUndo: self = .invalidQuery("nothing of '\(name)' can be undone")
        case .refused: self = Refusal(.invalidValue, "'\(name)' cannot have that value")
        }
    }
}
