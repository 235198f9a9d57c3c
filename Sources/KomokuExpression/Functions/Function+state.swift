import Komoku

extension Function {
    static let state: [Function] = [
        known,
        Function(
            "stale", [.key], needs: .state, gives: "boolean", "whether it has had no update for its `expect_every`"
        ) {
            checker, call in
            guard let (subject, _) = checker.subject(call.arguments[0], of: call.function) else { return nil }
            switch subject {
            case .key(let name): return checker.read(.state(.stale(name)), .init(.boolean, mayBeUnknown: false))
            case .computed(let key):
                checker.reads.add(key)
                return checker.computed(.stale(key), .boolean)
            }
        },
        Function(
            "online", [.special("'device'")], needs: .state, gives: "boolean",
            "whether the device is reachable; unknown if there is no device of that name"
        ) { checker, call in
            let (reason, remedy) = ("online takes the name of a device", "write it in quotes")
            guard let device = checker.check(call.arguments[0], as: .text, reason, remedy: remedy) else { return nil }
            if case .string(let name)? = device.code.constant {
                return checker.read(.state(.online(device: name)), .init(.boolean))
            }
            checker.reads.add(device: nil)
            return checker.computed(.online(device.code), .boolean)
        },
    ]

    package static let known = Function(
        "known", [.key], gives: "boolean", "whether it has a value: a key, or any expression"
    ) { checker, call in
        let argument = call.arguments[0]
        checker.guards += 1
        defer { checker.guards -= 1 }
        guard let operand = checker.check(argument) else { return nil }
        if !operand.mayBeUnknown, !checker.proven.contains(argument.form) {
            checker.warn(at: argument, "\(argument) is never unknown")
        }
        return Checker.Checked(code: .known(operand.code), kind: .boolean, mayBeUnknown: false)
    }
}

extension Checker {
    /// A reference whose parts are evaluated first.
    func computed(
        _ kind: ComputedReference.Kind, _ result: ValueKind?, mayBeUnknown: Bool = true, measure: Measure = .any
    ) -> Checked {
        Checked(
            code: .computed(ComputedReference(kind: kind)), kind: result, mayBeUnknown: mayBeUnknown, measure: measure)
    }
}
