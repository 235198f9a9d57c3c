package import Komoku
internal import KomokuWire

// What a client says, of the commands that it has for every protocol.
extension PackedToHub {
    /// - Parameter command: as the second protocol writes it.
    package init(_ command: JSON.Member, id: UInt64) {
        self.init()
        self.id = id
        let read = Command.Name(command.name, version: .v2).flatMap { try? Command($0, command.value, version: .v2) }
        switch read {
        case .put(let request): put = PackedPut(request)
        case .get(let request): self.get.key = request.key
        case .last(let request): last.key = request.key
        case .subscribe(let request): watch = PackedWatch(request)
        case .unsubscribe(let request): unwatch = PackedWatched(request)
        case .hello(let hello): self.hello = PackedAgentHello(hello)
        case .report(let report): self.report = PackedAgentReport(report)
        default:
            // What the hub refuses, it refuses with its own sentence.
            self.command.name = command.name
            self.command.body = PackedValue(command.value)
        }
    }

    package init(_ points: PackedPoints, id: UInt64) {
        self.init()
        self.id = id
        self.points = points
    }
}

extension PackedPut {
    fileprivate init(_ request: PutRequest) {
        self.init()
        key = request.key.text
        value = PackedValue(request.value)
        if let time = request.time { self.time = time.microseconds }
        wait = request.waits
        dryRun = request.isDryRun
    }
}

extension PackedWatch {
    fileprivate init(_ request: SubscriptionRequest) {
        self.init()
        switch request.target {
        case .key(let name): key = name.text
        case .pattern(let pattern): self.pattern = "\(pattern)"
        }
        (every, init_p, seq) = (request.every, request.initial, request.numbered)
        if let after = request.after { self.after = after }
    }
}

extension PackedWatched {
    fileprivate init(_ request: SubscriptionRequest) {
        self.init()
        switch request.target {
        case .key(let name): key = name.text
        case .pattern(let pattern): self.pattern = "\(pattern)"
        }
    }
}
