/// Where the effects of rules go that are not puts. Called on the hub's thread: must not block.
package protocol RuleOutputs: Sendable {
    func publish(topic: String, payload: [UInt8], qos: Int, retain: Bool)
    /// The `log` action of a rule.
    func log(rule: String, text: String)
}
