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

    /// What `store` tells: how much is kept and whether keeping works.
    func storeReport(of hub: isolated Hub) -> JSON {
        let statistics = hub.store.statistics
        return [
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
            ],
        ]
    }
}

extension JSON {
    fileprivate init(_ count: Int) {
        self = .number(Double(count))
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
