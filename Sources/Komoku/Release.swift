/// Which Komoku this is: the same for the hub and its tools.
public enum Release {
    public static let version = "0.1.0"
}
