import Komoku

extension Frame {
    var isFresh: Bool { position == 0 && attempt == 0 && locals.isEmpty && loops.isEmpty }

    /// - Parameter isScript: its hash is kept too: that of the rule is part of the cell's id.
    func coded(_ isScript: Bool) -> JSON {
        var fields = CodedFields()
        if position != 0 { fields.set("p", JSON(exactly: Int64(position))) }
        if isScript { fields.set("h", .string(rule.hash)) }
        if attempt != 0 { fields.set("n", JSON(exactly: Int64(attempt))) }
        if !locals.isEmpty { fields.set("l", locals.coded) }
        if !loops.isEmpty { fields.set("o", .array(loops.map(\.coded))) }
        if let deadline { fields.set("d", JSON(exactly: deadline.microseconds)) }
        return fields.json
    }

    /// - Returns: at least one frame, the rule's; nil where one is not what it was.
    static func decode(_ json: JSON?, rule: Rule, script: (String) -> Rule?) -> [Frame]? {
        guard let json else { return [Frame(rule)] }
        guard let items = json.array, 1...Run.maximumFrames ~= items.count else { return nil }
        var frames: [Frame] = []
        for item in items {
            guard let owner = frames.last.map({ $0.called(script) }) ?? rule else { return nil }
            guard frames.isEmpty || item["h"] == .string(owner.hash), var frame = Frame(coding: item, owner)
            else { return nil }
            if !frames.isEmpty { frame.deadline = item["d"]?.exactInteger.map(Timestamp.init(microseconds:)) }
            frames.append(frame)
        }
        return frames
    }

    /// Why coded frames are not what they were: a script that one of them stands in.
    static func change(of json: JSON?, rule: Rule, script: (String) -> Rule?) -> String? {
        var owner = rule
        for (item, next) in zip(json?.array ?? [], json?.array?.dropFirst() ?? []) {
            guard let frame = Frame(coding: item, owner), let name = frame.calledName else { return nil }
            guard let called = script(name) else { return "the script '\(name)' is gone" }
            guard next["h"] == .string(called.hash) else { return changed(name) }
            owner = called
        }
        return nil
    }

    static func changed(_ script: String) -> String { "the script '\(script)' was changed" }

    /// The script that it waits for.
    private func called(_ script: (String) -> Rule?) -> Rule? {
        calledName.flatMap(script)
    }

    private var calledName: String? {
        operation(at: position)?.calledScript
    }

    private init?(coding json: JSON, _ rule: Rule) {
        self.init(rule)
        let instructions = rule.procedure.instructions
        guard json.object != nil, let position = json["p"].integer(in: 0...instructions.count, default: 0),
            let attempt = json["n"].integer(in: 0...Int(Int32.max), default: 0),
            let locals = json["l"].map({ [String: Value](coded: $0) }) ?? [:]
        else { return nil }
        self.position = position
        self.attempt = attempt
        self.locals = locals
        let items = json["o"].map { $0.array } ?? []
        // Each of them is a loop within the one before it.
        guard let items, items.count <= instructions.count else { return nil }
        for item in items {
            guard let loop = LoopState(coding: item, in: instructions),
                loop.position > loops.last?.position ?? -1, loop.position < position
            else { return nil }
            loops.append(loop)
        }
    }
}

extension LoopState {
    fileprivate var coded: JSON {
        var fields = CodedFields()
        fields.set("p", JSON(exactly: Int64(position)))
        fields.set("r", JSON(exactly: Int64(round)))
        if let limit { fields.set("n", JSON(exactly: Int64(limit))) }
        if let keyBound { fields.set("b", JSON(exactly: Int64(keyBound))) }
        if let item { fields.set("x", item.json) }
        return fields.json
    }

    fileprivate init?(coding json: JSON, in instructions: [Instruction]) {
        let most = Loop.maximumRounds + 1
        guard let position = json["p"].integer(in: 0...instructions.count),
            instructions.indices.contains(position), let loop = instructions[position].operation.loop,
            let round = json["r"].integer(in: 0...most),
            let limit = json["n"].integer(in: 0...most, default: 0)
        else { return nil }
        self.init(position: position)
        self.round = round
        if json["n"] != nil { self.limit = limit }
        switch loop {
        case .count: if self.limit == nil { return nil }
        case .keys(_, let name):
            guard let bound = json["b"].integer(in: 0...Int(Int32.max), default: Int(Int32.max)) else { return nil }
            keyBound = bound
            self.name = name
            // Earlier versions wrote the list of all keys, in the same order.
            let item = json["x"] ?? json["k"]?.array.flatMap { $0.indices.contains(round - 1) ? $0[round - 1] : nil }
            self.item = item.flatMap { $0.string.flatMap { KeyName($0) } }.map { .string($0.text) }
            if (round > 0) != (self.item != nil) { return nil }
        case .items(_, let name):
            self.name = name
            item = json["x"].flatMap { Value(coded: $0) }
        case .whileHolds, .until: break
        }
    }
}
