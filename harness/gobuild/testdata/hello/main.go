// Command hello is a small program for tests of builds.
package main

func main() { println("hello") }
