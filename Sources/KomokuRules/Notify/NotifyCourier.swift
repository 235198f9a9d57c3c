internal import Komoku
internal import KomokuExpression
internal import KomokuSystem

/// Takes notes to people: a way that is not in the section `notify` itself, such as a chat.
package protocol NotifyCourier: AnyObject, Sendable {
    /// Takes a note away; called on the hub's thread, must not block. Its target is the one to be told now.
    ///
    /// - Parameter then: called once, from any thread, with why it could not be delivered.
    func deliver(_ note: Notification, number: Int64, then: @escaping @Sendable (OutputFailure?) -> Void)
}

/// Takes notes to the targets of the section `notify`.
package final class TargetCourier: NotifyCourier {
    private let targets: [String: NotifyConfiguration.Target]
    private let outputs: any RuleOutputs

    package init(_ targets: [String: NotifyConfiguration.Target], outputs: any RuleOutputs) {
        self.targets = targets
        self.outputs = outputs
    }

    package func deliver(_ note: Notification, number: Int64, then: @escaping @Sendable (OutputFailure?) -> Void) {
        do throws(OutputFailure) {
            switch targets[note.target] {
            case .log(let level):
                outputs.log(rule: note.rule, level: level, text: NoteTexts.plain(note))
                then(nil)
            case .mqtt(let topic, let payload, let qos, let retain):
                // Of QoS 0 it is told that it was written: while the broker is away nothing is lost either.
                outputs.publish(try Self.message(note, topic, payload, qos, retain), then: then)
            case .http(let action):
                let (request, accepted) = (try Self.request(note, action), action.accepted)
                _ = outputs.request(request) { then(Self.fault($0, accepted)) }
            case nil: throw OutputFailure("there is no target '\(note.target)'", isTransient: false)
            }
        } catch {
            then(error)
        }
    }

    private static func message(
        _ note: Notification, _ topic: CompiledTemplate, _ payload: Content?, _ qos: Int, _ retain: Bool
    ) throws(OutputFailure) -> RulePublication {
        do throws(UnknownContent) {
            let lookup = NoteTexts.lookup(note)
            let content = try payload?.filledIn(lookup) ?? .string(NoteTexts.plain(note))
            return RulePublication(topic: try topic.known(lookup), payload: content.payload, qos: qos, retain: retain)
        } catch {
            throw OutputFailure("\(error)", isTransient: false)
        }
    }

    private static func request(_ note: Notification, _ action: HTTP) throws(OutputFailure) -> HTTPRequest {
        do throws(UnknownContent) {
            var request = try action.request(timeout: nil, NoteTexts.lookup(note))
            if request.body == nil, action.method != "GET" { request.body = Array(NoteTexts.plain(note).utf8) }
            return request
        } catch {
            throw OutputFailure("\(error)", isTransient: false)
        }
    }

    /// What a status means: 5xx, 408 and 429 may be others the next time.
    private static func fault(_ result: Result<OutputAnswer, OutputFailure>, _ accepted: [ClosedRange<Int>])
        -> OutputFailure?
    {
        switch result {
        case .failure(let fault): return fault
        case .success(let answer):
            if accepted.contains(where: { $0.contains(answer.status) }) { return nil }
            let mayPass = answer.status >= 500 || answer.status == 408 || answer.status == 429
            return OutputFailure("the server answers with \(answer.status)", isTransient: mayPass)
        }
    }
}
