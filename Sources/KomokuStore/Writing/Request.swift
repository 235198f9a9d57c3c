import Komoku

/// What the writer thread does besides commits, one after another, when nothing waits for a commit.
///
/// Most of them want what was put before to be in the file: pending batches are committed, and the head is sealed, first.
enum Request: Sendable {
    case insertion(Insertion)
    case addition(Addition)
    case copy(Copy)
    case compaction(@Sendable (Result<Compaction, Store.Error>) -> Void)

    /// Points to be stored as they are.
    struct Insertion: Sendable {
        let key: KeyID
        let points: PointColumns
        /// What is later waits for its time.
        let limit: Timestamp
        let then: @Sendable (Result<Store.Inserted, Store.Error>) -> Void
    }

    /// Few points of maybe many keys, which go the way of puts.
    struct Addition: Sendable {
        struct Series: Sendable {
            let key: KeyID
            let points: PointColumns
        }

        let series: [Series]
        /// What is later waits for its time.
        let limit: Timestamp
        let then: @Sendable (Result<Store.Inserted, Store.Error>) -> Void
    }

    struct Copy: Sendable {
        let source: KeyID
        let target: KeyID
        /// What is later waits for its time.
        let limit: Timestamp
        let then: @Sendable (Result<Int, Store.Error>) -> Void
    }

    func fail(_ error: Store.Error) {
        switch self {
        case .insertion(let insertion): insertion.then(.failure(error))
        case .addition(let addition): addition.then(.failure(error))
        case .copy(let copy): copy.then(.failure(error))
        case .compaction(let then): then(.failure(error))
        }
    }

    /// Whether what was put before has to be in the file.
    var needsCommit: Bool { if case .addition = self { false } else { true } }

    /// Whether points in memory have to be sealed before.
    func needsSeal(_ generation: borrowing Generation) -> Bool {
        switch self {
        case .insertion(let insertion): generation.hasPoints(of: insertion.key.index)
        case .addition: false
        case .copy(let copy):
            generation.hasPoints(of: copy.source.index) || generation.hasPoints(of: copy.target.index)
        case .compaction: !generation.isEmpty
        }
    }
}
