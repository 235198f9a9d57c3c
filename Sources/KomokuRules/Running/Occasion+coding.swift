package import Komoku

extension Occasion {
    package var coded: JSON { coded(started: nil) }

    /// - Parameter started: a run's start, which its occasion's time mostly is.
    func coded(started: Timestamp?) -> JSON {
        var fields = CodedFields()
        fields.set("w", .string(word))
        if time != started { fields.set("t", JSON(exactly: time.microseconds)) }
        if let key { fields.set("k", .string(key.text)) }
        if let value { fields.set("x", value.json) }
        if let previous { fields.set("p", previous.json) }
        if !arguments.isEmpty { fields.set("a", arguments.coded) }
        if depth != 0 { fields.set("d", JSON(exactly: Int64(depth))) }
        if let parent { fields.set("r", JSON(exactly: parent)) }
        if let source { fields.set("s", .string(source)) }
        return fields.json
    }

    /// - Returns: nil for JSON that is no occasion.
    package init?(coding json: JSON, started: Timestamp? = nil) {
        let time = json["t"].map { $0.exactInteger.map(Timestamp.init(microseconds:)) } ?? started
        guard let word = json["w"]?.string, let time else { return nil }
        self.init(word, at: time)
        guard let key = json["k"].checked({ $0.string.flatMap { KeyName($0) } }),
            let value = json["x"].checked({ Value(coded: $0) }),
            let previous = json["p"].checked({ Value(coded: $0) }),
            let parent = json["r"].checked({ $0.exactInteger }), let source = json["s"].checked({ $0.string }),
            let arguments = json["a"].map({ [String: Value](coded: $0) }) ?? [:],
            let depth = json["d"].integer(in: 0...Int(Int32.max), default: 0)
        else { return nil }
        self.key = key
        self.value = value
        self.previous = previous
        self.parent = parent
        self.source = source
        self.arguments = arguments
        self.depth = depth
    }
}
