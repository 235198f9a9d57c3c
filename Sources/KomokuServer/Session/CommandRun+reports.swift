internal import Komoku
internal import KomokuHub
internal import KomokuStore

extension CommandRun {
    /// The counters of `stats`.
    func stats(of hub: isolated Hub) -> JSON {
        let statistics = hub.store.statistics
        return [
            "keys_count": JSON(hub.keyCount),
            "uptime": JSON(context.uptime),
            "ops_count": context.counts.json,
            "data_points_count": JSON(statistics.points),
            "change_notifications_count": JSON(hub.subscriptionCount),
        ]
    }

    /// Answers `store`: how much is kept and whether keeping works. The latter is told also where the former cannot be read.
    func report(on hub: isolated Hub, _ reply: @escaping Answer) {
        let members = storing(of: hub)
        hub.store.report { result in
            switch result {
            case .success(let report): reply(.json(.object(members + JSON.sizes(of: report))))
            case .failure(let error):
                reply(.json(.object(members + [JSON.Member("report_error", .string(error.description))])))
            }
        }
    }

    private func storing(of hub: isolated Hub) -> [JSON.Member] {
        let statistics = hub.store.statistics
        let json: JSON = [
            "storing": .bool(statistics.isStoring),
            "last_error": statistics.lastError.map { .string($0) } ?? .null,
            "keys": JSON(hub.keyCount),
            "file_bytes": JSON(statistics.fileBytes),
            "commits": JSON(statistics.commits),
            "durable_puts": JSON(statistics.durablePuts),
            "pending_puts": JSON(statistics.pendingPuts),
            "dropped_puts": JSON(statistics.droppedPuts),
            "journal": [
                "rows": JSON(statistics.journalRows), "bytes": JSON(statistics.journalBytes),
                "bytes_written": JSON(statistics.journalBytesWritten),
            ],
            "head": ["points": JSON(statistics.headPoints), "bytes": JSON(statistics.headBytes)],
            "sealed": [
                "seals": JSON(statistics.seals), "points": JSON(statistics.sealedPoints),
                "bytes": JSON(statistics.sealedBytes),
            ],
            "corrupt": [
                "journal_rows": JSON(statistics.corruptJournalRows), "blocks": JSON(statistics.corruptBlocks),
            ],
            "dead_letters": JSON(statistics.deadLetters),
            "hub": [
                "puts": JSON(hub.counters.puts), "changes": JSON(hub.counters.changes),
                "suppressed": JSON(hub.counters.suppressed), "refused": JSON(hub.counters.refused),
                "dead_letters": JSON(hub.counters.deadLetters), "expired": JSON(hub.counters.expired),
                "subscriptions": JSON(hub.subscriptionCount),
                "future_puts": JSON(hub.counters.future), "future_points": JSON(hub.futureCount),
                "misdated_points": JSON(hub.misdatedCount),
            ],
        ]
        let outages = hub.store.outages.suffix(Self.shownOutages)
        guard case .object(var members) = json else { return [] }
        if let damage = hub.store.damage { members.append(JSON.Member("damage", damage)) }
        guard !outages.isEmpty else { return members }
        members.append(JSON.Member("outages", .array(outages.reversed().map(\.json))))
        return members
    }

    /// The newest ones.
    private static let shownOutages = 100
}

extension Outage {
    /// `{"of":"hub","start":S,"end":S}`; an end of null is not yet.
    var json: JSON {
        [
            "of": kind == .hub ? "hub" : "broker", "start": .number(start.seconds),
            "end": end.map { .number($0.seconds) } ?? .null,
        ]
    }
}

extension JSON {
    fileprivate init(_ count: Int) {
        self = .number(Double(count))
    }

    /// How much the file holds, as `compact` tells it.
    init(sizes report: StoreReport) {
        let members = [
            JSON.Member("keys", JSON(report.keys)), JSON.Member("file_bytes", JSON(report.fileBytes)),
            JSON.Member("journal_bytes", JSON(report.journalBytes)),
        ]
        self = .object(members + JSON.sizes(of: report))
    }

    fileprivate static func sizes(of report: StoreReport) -> [Member] {
        let tiers = report.tiers.map { tier -> JSON in
            [
                "name": .string(tier.name), "count": JSON(tier.count), "blocks": JSON(tier.blocks),
                "bytes": JSON(tier.bytes),
            ]
        }
        return [
            Member("free_bytes", JSON(report.freeBytes)), Member("tiers", .array(tiers)),
            Member("fresh", ["points": JSON(report.freshPoints), "bytes": JSON(report.freshBytes)]),
            Member("last_merge", report.lastMerge.map { .number($0.seconds) } ?? .null),
            Member("expired_points", JSON(report.expiredPoints)), Member("capped_points", JSON(report.cappedPoints)),
            Member("left_out_points", JSON(report.leftOutPoints)),
        ]
    }

    /// `[{"topic","payload","reason","time","count"}, …]`; bytes that are no text are shown as U+FFFD.
    init(deadLetters letters: [DeadLetter]) {
        self = .array(
            letters.map { letter in
                [
                    "topic": .string(letter.topic),
                    "payload": .string(String(decoding: letter.payload, as: UTF8.self)),
                    "reason": .string(letter.reason),
                    "time": .number(letter.time.seconds),
                    "count": JSON(letter.count),
                ]
            })
    }
}
