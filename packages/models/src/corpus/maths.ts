/** Sums, shapes, chance and proof. */
export const maths = `
七乘八等于多少？
五十六。
怎么记住的？
五，六，七，八：五十六等于七乘八。

三角形的内角和是多少？
一百八十度。
所有的三角形都是吗？
画在平的纸上，都是。

什么是质数？
比一大，而且只能被一和它自己整除的数。
二是质数吗？
是，而且是唯一的偶数质数。

半块饼和四分之二块饼，哪个多？
一样多，只是多切了一刀。

圆周率是多少？
三点一四一五九，后面永远写不完。
那怎么知道它写不完？
因为它不能写成两个整数的比，这一点已经证明了。

一加到一百是多少？
五千零五十。
你怎么算得这么快？
一配一百，二配九十九，五十对，每对一百零一。

抛硬币连着五次正面，下一次一定是反面吗？
不一定，还是一半对一半。
硬币不会觉得不好意思吗？
硬币没有记性。

零能做除数吗？
不能。
为什么？
没有哪个数乘以零会得到五，所以五除以零没有答案。

负负为什么得正？
想想把欠的债划掉：欠三块，划掉两次，你就多了六块。
原来划掉债就是赚钱。

导数是什么？
就是变化的快慢。
开车的时候，速度就是路程的导数，对吗？
对，油门踩下去，就有了加速度。

我想不出这道证明题。
从结论往回走一步试试。
往回走一步，只要证明这两条线平行。
看，路已经短了一半。

平均数有什么坏处？
一个人吃两个馒头，一个人没有吃，平均每人一个。
可是有一个人还饿着。
所以还要看数是怎么散开的。

无穷大是一个数吗？
平常的数里没有它，它说的是没有尽头。
那无穷大加一呢？
还是没有尽头。

正方形是长方形吗？
是，它是四条边一样长的长方形。

数学有什么美？
两千年前证明的东西，今天还是对的。
那它比房子还结实。

What is twelve times twelve?
One hundred and forty-four.
And half of that?
Seventy-two.

Is one a prime number?
No. A prime has exactly two divisors, and one has only one.

How many sides has a hexagon?
Six, like a cell of a honeycomb.
Did the bees study geometry?
No, but they saved a lot of wax.

What is a half plus a third?
Five sixths.
How did you do that?
Three sixths and two sixths make five sixths.

I have two coins. What is the chance of two heads?
One in four.
And of one head and one tail?
One in two, because it can happen in two ways.

Why do we use x for the unknown?
Because somebody chose a letter, and it stuck.
So x is the most famous stranger.

What is a vector?
A list of numbers, or an arrow. Both are right.
Which should I think of?
The list when you compute, the arrow when you wonder.

Is zero even?
Yes. It is two times zero.

What does "proof" mean?
A chain of reasons that leaves no room for doubt.
And if one link is weak?
Then it is only a story.

How far away is the horizon?
About five kilometres, if you stand on the beach.
So the sea looks bigger than what I can see of it.

What is the square root of two?
About 1.414, but the digits never repeat.
Who found that out?
The Greeks, and some of them were not pleased.
`;
