import Komoku

/// A request that has begun: it is done slice by slice, so that what else is due comes between.
enum RunningRequest {
    case insertion(Insertion)
    case addition(Addition)
    case copy(Copy)
    case compaction(before: StoreReport, then: @Sendable (Result<Compaction, Store.Error>) -> Void)

    struct Insertion {
        let request: Request.Insertion
        /// What was sealed when it began: what comes later counts more.
        let seal: Int64
        var next = 0
        var inserted = Store.Inserted()
    }

    struct Addition {
        let request: Request.Addition
        var next = 0
        var inserted = Store.Inserted()
    }

    struct Copy {
        let request: Request.Copy
        var copy: HistoryCopy
        var added = 0
    }

    func fail(_ error: Store.Error) {
        switch self {
        case .insertion(let insertion): insertion.request.then(.failure(error))
        case .addition(let addition): addition.request.then(.failure(error))
        case .copy(let copy): copy.request.then(.failure(error))
        case .compaction(_, let then): then(.failure(error))
        }
    }
}

/// A request that waits, and for what.
struct WaitingRequest: Sendable {
    let request: Request
    /// So many batches came before it: they must be in the file.
    let batches: Int
    /// The newest generation of the head that holds what it is about.
    let generation: Int64?
}

extension StoreState {
    mutating func add(_ request: Request) {
        let generation = [active, frozen].compactMap(\.self).first { request.needsSeal($0) }?.number
        let batches = request.needsCommit ? appendedBatches : 0
        requests.append(WaitingRequest(request: request, batches: batches, generation: generation))
    }

    /// Whether points in memory must be sealed before a request can begin.
    func needsSeal(_ request: WaitingRequest) -> Bool {
        guard let generation = request.generation, !active.isEmpty else { return false }
        return active.number <= generation
    }

    /// Whether all that was put before a request is in the file, and sealed where it is about that.
    func isReady(_ request: WaitingRequest) -> Bool {
        request.batches <= durableBatches && !needsSeal(request)
    }
}
