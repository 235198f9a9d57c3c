import Komoku
import KomokuExpression
import KomokuHub
import KomokuYAML

/// `publish: {topic: a/b, payload: x}`: sends a message to the broker.
struct Publish: Operation {
    let topic: CompiledTemplate
    let payload: Content
    let qos: Int
    let retain: Bool

    var word: String { Self.word }
    var listing: String {
        "publish '\(topic.written)' \(payload)\(qos > 0 ? " qos \(qos)" : "")\(retain ? " retained" : "")"
    }
    var waits: Bool { qos > 0 }
    var standing: Run.Standing? { .outside }
    var mayEndLoop: Bool { true }

    func visit(_ visitor: inout some PartVisitor) {
        visitor.publication(topic, payload)
        visitor.template(topic)
        visitor.content(payload)
    }

    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work {
        let (topic, payload) = (try topic.known(lookup), try payload.filledIn(lookup))
        let isAllowed =
            !topic.isEmpty && topic.utf8.count <= 65_535
            && !topic.utf8.contains { [UInt8(ascii: "+"), UInt8(ascii: "#"), 0].contains($0) }
        guard isAllowed else { throw UnknownContent(reason: "'\(topic.cut(to: 80))' is no topic to publish to") }
        let message = RulePublication(topic: topic, payload: payload.payload, qos: qos, retain: retain)
        return .outside(
            PublishErrand(message: message), RunEffect(verb: word, value: payload.excerpt, text: topic.cut(to: 60)))
    }
}

struct PublishErrand: Errand {
    let message: RulePublication

    func perform(_ run: Run, at rule: Int, by performer: any Performer, in hub: isolated Hub) -> Performance {
        let outputs = performer.outputs
        performer.expectEcho(of: message, run, in: hub)
        if message.qos == 0, outputs.isBrokerReady {
            outputs.publish(message, then: nil)
            return .done()
        }
        var message = message
        let timeout = run.timeout ?? (message.qos > 0 ? performer.publishTimeout : hub.commandTimeout)
        message.timeout = timeout
        // Where the broker is away it is said first that it is.
        let grace = outputs.isBrokerReady ? Duration.zero : Self.grace
        let due = hub.clock.monotonic.adding(timeout).adding(grace)
        return performer.stand(run, at: rule, until: due, in: hub) { [message] report in
            outputs.publish(message) { fault in
                report { run in if let fault { run.failed(fault) } else { run.succeeded() } }
            }
            return nil
        }
    }

    /// Whoever publishes keeps the same time and says more about it, a little later.
    private static let grace = Duration.seconds(5)
}

extension Publish: Action {
    static let word = "publish"
    static let options = ActionOptions.outside
    static let elsewhere: [(names: [String], meaning: String)] = [(["mqtt"], "write publish: {topic: a/b, payload: x}")]

    static func read(_ written: WrittenAction, _ reader: RuleReader) -> Dead? {
        reader.publish(written.setting, written.place)
        return nil
    }
}

extension Vocabulary {
    fileprivate static let publish = Vocabulary(
        ["topic", "payload", "qos", "retain"],
        [(["message", "value", "data", "body"], "payload"), (["retained"], "retain")])
}

extension RuleReader {
    fileprivate func publish(_ setting: Setting, _ place: Place) {
        if let text = setting.node.text, !setting.node.isNull {
            let words = text.split(separator: " ", maxSplits: 1)
            setting.mismatch(
                expecting: "a mapping",
                remedy: "write publish: {topic: \(words.first ?? "a/b"), payload: \(words.count > 1 ? words[1] : "…")}")
            return
        }
        setting.read(.publish) { settings in
            let topic = settings.needed("topic", .item, of: .publish).flatMap { setting -> CompiledTemplate? in
                guard let template = template(setting) else { return nil }
                if let text = template.constant, let fault = Topic.fault(in: text) {
                    setting.error("'\(text.prefix(80))' is not a topic to publish to: \(fault)")
                }
                return template
            }
            let payload = settings.needed("payload", .item, of: .publish).flatMap { self.payload($0) }
            let qos = settings.given("qos", .integer(in: 0...2)) ?? 0
            let retain = settings.given("retain", .bool) ?? false
            guard let topic, let payload else { return }
            add(Publish(topic: topic, payload: payload, qos: qos, retain: retain), place)
        }
    }
}
