import Komoku

/// What a run that stands at a `parallel` knows of its branches. Each is a run of its own, which only this one knows of.
struct Branching: Hashable, Sendable {
    enum State: Hashable, Sendable {
        /// The number of its run.
        case running(Int64)
        case done
        /// Why, and at which step.
        case failed(String, step: String?)
    }

    var states: [State]
    /// What the branches that are done have set; null is unknown by now.
    var results: [String: JSON] = [:]

    var running: [Int64] { states.compactMap { if case .running(let id) = $0 { id } else { nil } } }

    /// The first of them that failed.
    var failure: (reason: String, step: String?)? {
        for case .failed(let reason, let step) in states { return (reason, step) }
        return nil
    }
}

/// What a run is a branch of.
struct BranchSlot: Hashable, Sendable {
    /// The run that stands at the `parallel`.
    let parent: Int64
    /// The one that is told of, where `parallel` stands in `parallel`.
    let root: Int64
    let index: Int
    /// How many callers of its own the parent had: these frames are only there to be looked at.
    let floor: Int

    /// How a branch ended other than done or failed: what that means is its parent's.
    enum Verdict: Sendable {
        case stop(String?, fails: Bool)
        case answer(Value?)
    }
}

/// | member | holds |
/// | --- | --- |
/// | `b` of a run | what it stands at a `parallel` with: `s` a list of the states, a number for a run, true for one that is done, `[reason, step]` for one that failed; `l` results |
/// | `c` of a run | that it is a branch: `[parent, root, index, floor]` |
extension Branching {
    var coded: JSON {
        var fields = CodedFields()
        fields.set(
            "s",
            .array(
                states.map { state in
                    switch state {
                    case .running(let id): JSON(exactly: id)
                    case .done: true
                    case .failed(let reason, let step): .array([.string(reason), step.map { .string($0) } ?? .null])
                    }
                }))
        if !results.isEmpty {
            fields.set("l", .object(results.sorted { $0.key < $1.key }.map { JSON.Member($0.key, $0.value) }))
        }
        return fields.json
    }

    /// - Parameter count: of the branches that there are.
    init?(coding json: JSON, count: Int) {
        guard let items = json["s"]?.array, items.count == count else { return nil }
        states = []
        for item in items {
            if item.bool == true {
                states.append(.done)
            } else if let reason = item.array?.first?.string {
                states.append(.failed(reason.cut(to: Run.maximumReason), step: item.array?.last?.string))
            } else if let id = item.exactInteger, id > 0 {
                states.append(.running(id))
            } else {
                return nil
            }
        }
        for member in json["l"]?.object ?? [] {
            guard member.value.isNull || Value(coded: member.value) != nil else { return nil }
            results[member.name] = member.value
        }
    }
}

extension BranchSlot {
    var coded: JSON {
        .array([
            JSON(exactly: parent), JSON(exactly: root), JSON(exactly: Int64(index)), JSON(exactly: Int64(floor)),
        ])
    }

    init?(coding json: JSON) {
        guard let items = json.array, items.count == 4, let parent = items[0].exactInteger,
            let root = items[1].exactInteger,
            let index = Optional(items[2]).integer(in: 0...Parallel.maximumBranches),
            let floor = Optional(items[3]).integer(in: 0...Run.maximumFrames), parent > 0, root > 0
        else { return nil }
        self.init(parent: parent, root: root, index: index, floor: floor)
    }
}
